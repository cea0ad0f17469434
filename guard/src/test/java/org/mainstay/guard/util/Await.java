package org.mainstay.guard.util;

import java.util.concurrent.Callable;

/** Waits for a condition, with a deadline; tests wait for nothing else. */
public final class Await {
    private Await() {}

    /** @param what is said when the time is up */
    public static void until(String what, long millis, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + millis * 1_000_000;
        while (!condition.call()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not within " + millis + " ms: " + what);
            }
            Thread.sleep(2);
        }
    }
}
