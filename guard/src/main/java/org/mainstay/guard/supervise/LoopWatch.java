package org.mainstay.guard.supervise;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.mainstay.guard.util.Ticker;

/**
 * Says when the decision loop of a linked Karaf is stuck: it is connected and decides nothing any more. Time in which this process
 * did not run itself, as in a machine that was paused, says nothing. Asked a few times per second by one thread.
 */
public final class LoopWatch {
    /** A loop older than this is stuck, in milliseconds. */
    public static final long LIMIT_MILLIS = 60_000;

    /** A longer time between two looks means that the machine or this process stood still. */
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final Ticker ticker;
    private final LongSupplier ageMillis;
    private long lookedAt;
    private long runningSince;

    /** @param ageMillis age of the linked manager's loop, 0 while none is linked */
    public LoopWatch(Ticker ticker, LongSupplier ageMillis) {
        this.ticker = ticker;
        this.ageMillis = ageMillis;
        this.lookedAt = ticker.nanos();
        this.runningSince = lookedAt;
    }

    /** Returns whether the loop has done nothing for longer than the limit while this machine ran all the time. */
    public boolean stuck() {
        long now = ticker.nanos();
        if (now - lookedAt > PAUSE_NANOS) {
            runningSince = now;
        }
        lookedAt = now;
        return ageMillis.getAsLong() > LIMIT_MILLIS && TimeUnit.NANOSECONDS.toMillis(now - runningSince) > LIMIT_MILLIS;
    }
}
