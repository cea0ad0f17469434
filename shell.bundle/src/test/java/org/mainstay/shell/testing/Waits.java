package org.mainstay.shell.testing;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for conditions, with a deadline. */
public final class Waits {
    private static final long POLL_NANOS = 2_000_000;

    private Waits() {}

    /** Waits until the condition holds. @throws AssertionError if it does not in time */
    public static void until(Duration limit, BooleanSupplier condition) {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("the condition did not hold within " + limit);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }
}
