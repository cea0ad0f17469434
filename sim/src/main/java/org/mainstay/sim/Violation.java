package org.mainstay.sim;

/** Something that must hold did not. */
final class Violation extends AssertionError {
    private static final long serialVersionUID = 1L;

    private final String invariant;

    Violation(String invariant, long at, String text) {
        super(invariant + " violated at " + at / 1000.0 + " s: " + text);
        this.invariant = invariant;
    }

    /** Returns which: I1, I2, I3, I9, epoch, answer. */
    String invariant() {
        return invariant;
    }
}
