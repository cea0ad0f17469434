package org.mainstay.guard.lease;

/** What the lease's keeper needs of the guard. Called with its lock held, on any thread: returns at once. */
public interface LeaseSurroundings {

    /** A line of PROTOCOL.md for the manager. */
    void news(String line);

    /** Something for the event log and the operator. */
    void notice(String text);

    /**
     * The lease is over for S / 2: everything that is still recorded in service is ended by its handles. Repeated
     * once per second as long as the lease is lost.
     *
     * @param leftMillis until everything must be out; may be negative
     */
    void end(long leftMillis);

    /** Returns whether something is recorded in service that was not ended since the lease was lost. */
    boolean anythingLeft();

    /** Returns the same by name, with what stands in the way where that is known; empty if nothing is left. */
    default String left() {
        return "";
    }

    /** The lease is held again: what was ended before may be in service again. */
    void held();

    /** Returns the detection time of the slowest heartbeat path, in milliseconds. */
    long slowestDetectionMillis();
}
