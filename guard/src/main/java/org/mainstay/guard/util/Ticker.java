package org.mainstay.guard.util;

/** Monotonic time; injected, so that tests own it. */
@FunctionalInterface
public interface Ticker {
    /** Returns nanoseconds from an arbitrary origin; only differences mean anything. */
    long nanos();
}
