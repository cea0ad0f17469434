package org.mainstay.guard;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.mainstay.guard.supervise.LoopWatch;
import org.mainstay.guard.util.Ticker;

/**
 * Whether this server can keep what it has promised (decision 0340). It cannot when its disk keeps nothing any more <em>and</em> no
 * manager decides here, although one should: then nobody watches what runs here, takes it out of service or hands it over, and nobody can
 * be started who would. One of the two alone is no reason: a manager that is away is started again, and one that lives refuses
 * changes while its disk is full. While the disk fails, a manager decides once it has done so for {@code LOOP_STUCK_SECS} at a
 * stretch. Asked once per second by one thread; time in which this process did not run says nothing.
 */
final class Fitness {
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final Ticker ticker;
    private final LongSupplier diskFailingMillis;
    private final Supplier<String> diskTrouble;
    private final LongSupplier loopStuckMillis;
    private long lookedAt;
    private long runningSince;
    private long decidedAt;
    private long decidingSince;

    /**
     * @param diskFailingMillis for how long nothing could be written
     * @param diskTrouble why
     * @param loopStuckMillis LOOP_STUCK_SECS
     */
    Fitness(Ticker ticker, LongSupplier diskFailingMillis, Supplier<String> diskTrouble, LongSupplier loopStuckMillis) {
        this.ticker = ticker;
        this.diskFailingMillis = diskFailingMillis;
        this.diskTrouble = diskTrouble;
        this.loopStuckMillis = loopStuckMillis;
        this.lookedAt = ticker.nanos();
        this.runningSince = lookedAt;
        this.decidedAt = lookedAt;
        this.decidingSince = lookedAt;
    }

    /**
     * Returns why this server cannot keep its promises; empty as long as it can.
     *
     * @param decides whether a manager decides here now, or none should
     */
    String look(boolean decides) {
        long now = ticker.nanos();
        if (now - lookedAt > PAUSE_NANOS) {
            runningSince = now;
            decidedAt = Math.max(decidedAt, now);
            decidingSince = now;
        }
        lookedAt = now;
        decidingSince = decides ? decidingSince : now;
        long stuck = loopStuckMillis.getAsLong();
        long limit = stuck * LoopWatch.DISK_FACTOR;
        long failing = Math.min(diskFailingMillis.getAsLong(), TimeUnit.NANOSECONDS.toMillis(now - runningSince));
        // Where the disk keeps nothing, each manager decides only until its first commit, and then the next one comes.
        if (decides && (failing <= stuck || TimeUnit.NANOSECONDS.toMillis(now - decidingSince) > stuck)) {
            decidedAt = now;
            return "";
        }
        long idle = TimeUnit.NANOSECONDS.toMillis(now - decidedAt);
        // As long again as a stuck manager is waited for: the one that follows it gets its time to start.
        return failing > limit && idle > 2 * limit
                ? "for " + failing / 1000 + " s nothing could be written under data/ (" + diskTrouble.get()
                        + "), and for " + idle / 1000 + " s no manager has decided anything here"
                : "";
    }
}
