package org.mainstay.itest.lab;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Waits for conditions. */
public final class Await {
    private static final Duration STEP = Duration.ofMillis(20);

    private Await() {}

    /**
     * Waits until the condition holds.
     *
     * @param what the condition in words
     * @param details what to say besides when it does not come true
     * @throws LabException if it does not hold in time
     */
    public static void until(String what, Duration limit, Supplier<Boolean> condition, Supplier<String> details) {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.get()) {
            if (System.nanoTime() > end) {
                throw new LabException(
                        "waited " + limit.toSeconds() + " s in vain until " + what + "\n" + details.get());
            }
            LockSupport.parkNanos(STEP.toNanos());
            if (Thread.interrupted()) {
                Thread.currentThread().interrupt();
                throw new LabException("interrupted while waiting until " + what);
            }
        }
    }

    public static void until(String what, Duration limit, Supplier<Boolean> condition) {
        until(what, limit, condition, () -> "");
    }

    /** Lets time pass where passing time is the point, such as the length of a measurement. */
    public static void pass(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            LockSupport.parkNanos(Math.min(TimeUnit.MILLISECONDS.toNanos(20), end - System.nanoTime()));
            if (Thread.interrupted()) {
                Thread.currentThread().interrupt();
                throw new LabException("interrupted");
            }
        }
    }
}
