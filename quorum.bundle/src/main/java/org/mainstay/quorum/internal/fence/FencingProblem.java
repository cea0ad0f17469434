package org.mainstay.quorum.internal.fence;

/** The fencing configuration cannot be used; the message says where, what is wrong, what is allowed. */
final class FencingProblem extends Exception {
    private static final long serialVersionUID = 1L;

    FencingProblem(String message) {
        super(message);
    }
}
