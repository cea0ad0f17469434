package org.mainstay.cluster.lcd;

/**
 * An action that was begun and whose end is not recorded: repeated after a crash.
 *
 * @param tag instance
 * @param action name, such as {@code restore}
 * @param epoch ownership epoch it was begun under
 * @param operation id of the operation it belongs to
 * @param escalate whether kill handles and a probe follow if it fails; only a {@code remove} has that
 * @param interrupted how often a manager has begun and found that the one before it ended while this {@code restore} was under way
 * @param given whether this {@code restore} was given to its kit since then; what only waits for its turn was not
 */
public record BegunAction(
        String tag, String action, long epoch, String operation, boolean escalate, int interrupted, boolean given) {

    /** Returns it when it is given to its kit. */
    public BegunAction withGiven() {
        return new BegunAction(tag, action, epoch, operation, escalate, interrupted, true);
    }

    /** Returns it after the manager that performed it has ended once more. */
    public BegunAction withInterrupted() {
        return new BegunAction(tag, action, epoch, operation, escalate, interrupted + 1, false);
    }
}
