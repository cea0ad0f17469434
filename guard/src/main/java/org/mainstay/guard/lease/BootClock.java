package org.mainstay.guard.lease;

/**
 * Time since this machine was booted, suspended time included (CLOCK_BOOTTIME); injected, so that tests own it.
 * Thread-safe.
 */
@FunctionalInterface
public interface BootClock {

    /** Returns milliseconds since the boot; never less than a value returned before. */
    long millis();
}
