package org.mainstay.guard.supervise;

import java.util.concurrent.TimeUnit;
import org.mainstay.guard.util.Ticker;

/** When a process that died or could not be started is started again: at once the first time, then less and less often. For one thread at a time. */
final class BackOff {
    private static final int MOST_DOUBLINGS = 5;
    private static final long LONGEST_SECONDS = 30;

    private final Ticker ticker;
    private final long healthyNanos;
    private long startedAt;
    private long againAt;
    private int failures;

    /** @param healthyNanos who ran for longer begins anew */
    BackOff(Ticker ticker, long healthyNanos) {
        this.ticker = ticker;
        this.healthyNanos = healthyNanos;
        started();
        forget();
    }

    /** Returns how long is waited after so many failures in a row. */
    static long nanos(int failures) {
        return failures == 0
                ? 0
                : TimeUnit.SECONDS.toNanos(failures > MOST_DOUBLINGS ? LONGEST_SECONDS : 1L << (failures - 1));
    }

    /** It was started, or found running. */
    void started() {
        startedAt = ticker.nanos();
    }

    /** Somebody wants it now, whatever happened before. */
    void forget() {
        failures = 0;
        againAt = ticker.nanos();
    }

    /** It died. @return how long is waited, in nanoseconds */
    long died() {
        failures = ticker.nanos() - startedAt > healthyNanos ? 0 : failures;
        return failed(failures);
    }

    /** It could not be started. */
    void notStarted() {
        failed(Math.max(1, failures));
    }

    private long failed(int counted) {
        long delay = nanos(counted);
        againAt = ticker.nanos() + delay;
        failures++;
        return delay;
    }

    boolean due() {
        return ticker.nanos() - againAt >= 0;
    }
}
