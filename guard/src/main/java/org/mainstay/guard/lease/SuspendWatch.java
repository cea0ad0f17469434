package org.mainstay.guard.lease;

/** A boot clock that says when the machine stood still as a whole. Thread-safe. */
public interface SuspendWatch extends BootClock {

    /** Returns for how many milliseconds the machine was suspended since this was asked last. */
    long newlySuspendedMillis();
}
