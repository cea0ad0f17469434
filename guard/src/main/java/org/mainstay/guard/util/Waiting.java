package org.mainstay.guard.util;

import java.util.concurrent.locks.LockSupport;

/** The one place where a thread of the guard lets time pass. */
public final class Waiting {
    private Waiting() {}

    /**
     * Returns when the time has come, or at once with an exception if the thread is interrupted.
     *
     * @param deadline by the ticker
     */
    public static void until(Ticker ticker, long deadline) throws InterruptedException {
        for (long left = deadline - ticker.nanos(); left > 0; left = deadline - ticker.nanos()) {
            LockSupport.parkNanos(left);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }
}
