package org.mainstay.core.internal.host;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** How long an action may still take and whether it was given up; what {@link HostFactory#forAction} binds a host to. Thread-safe. */
public interface ActionTime {

    /** Returns the time that is left, on a monotonic clock; never negative. */
    Duration remaining();

    /** Returns whether the action was cancelled or its time is up. Asked every few ten milliseconds while a command runs. */
    boolean cancelled();

    /** Waits; returns false if the action was cancelled, interrupted or out of time before. */
    default boolean pause(Duration time) {
        try {
            long wait = Math.min(time.toNanos(), remaining().toNanos());
            return !new CountDownLatch(1).await(wait, TimeUnit.NANOSECONDS) && !cancelled();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Returns a time that begins now, for work that is no kit's action (forms, tests). */
    static ActionTime of(Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        return new ActionTime() {
            @Override
            public Duration remaining() {
                return Duration.ofNanos(Math.max(0, end - System.nanoTime()));
            }

            @Override
            public boolean cancelled() {
                return remaining().isZero();
            }
        };
    }
}
