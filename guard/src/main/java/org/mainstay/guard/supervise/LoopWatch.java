package org.mainstay.guard.supervise;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.mainstay.guard.heartbeat.OwnStatus;
import org.mainstay.guard.util.Ticker;

/**
 * Says when the decision loop of a linked Karaf is stuck: it is connected and decides nothing any more. Time in which this process
 * did not run itself, as in a machine that was paused, says nothing. A loop that waits for a disk is given {@link #DISK_FACTOR}
 * times as long: its manager says so and refuses what it is asked, and another one would wait for the same disk. Asked a few times
 * per second by one thread.
 */
public final class LoopWatch {
    /** How many times longer than for a loop that hangs by itself is waited for one that waits for its disk. */
    public static final int DISK_FACTOR = 3;

    /**
     * How many times longer than for a loop is waited for a manager that opens its database and has decided nothing yet: far longer than
     * any start takes, also one on a slow disk with a long journal.
     */
    public static final int OPENING_FACTOR = 30;

    /** A longer time between two looks means that the machine or this process stood still. */
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** A younger loop is never stuck: the limit is not even asked for. */
    private static final long YOUNG_MILLIS = 2_000;

    /** Ages of the linked manager in milliseconds, 0 while none is linked. */
    public record Ages(LongSupplier loop, LongSupplier commit, LongSupplier opening) {
        public static Ages of(OwnStatus own) {
            return new Ages(own::linkedLoopAgeMillis, own::linkedCommitAgeMillis, own::linkedOpeningAgeMillis);
        }
    }

    private final Ticker ticker;
    private final Ages ages;
    private final LongSupplier limitMillis;
    private long lookedAt;
    private long runningSince;

    /**
     * @param ages of the decision loop, of the commit that is under way, and of the opening of the database before the first decision
     * @param limitMillis a loop older than this is stuck; asked when it is needed, so that a changed setting counts
     */
    public LoopWatch(Ticker ticker, Ages ages, LongSupplier limitMillis) {
        this.ticker = ticker;
        this.ages = ages;
        this.limitMillis = limitMillis;
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
        long opening = ages.opening().getAsLong();
        long age = Math.max(opening, ages.loop().getAsLong());
        if (age < YOUNG_MILLIS) {
            return false;
        }
        int factor = opening > 0 ? OPENING_FACTOR : ages.commit().getAsLong() > 0 ? DISK_FACTOR : 1;
        long limit = limitMillis.getAsLong() * factor;
        return age > limit && TimeUnit.NANOSECONDS.toMillis(now - runningSince) > limit;
    }
}
