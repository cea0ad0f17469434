package org.mainstay.guard;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.mainstay.guard.lease.LeaseSettings;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Ticker;
import org.mainstay.guard.watchdog.Watchdog;

/** What is done once per second, above all feeding the watchdog while this guard is healthy. */
final class Seconds {
    /** Where nothing has to be out at any time, the machine is reset only if the guard is gone or stuck for so long. */
    static final long CAREFREE_MILLIS = 30_000;
    /** The heartbeat thread turns twice per second. */
    private static final long STUCK_MILLIS = 5000;

    /** As many looks in a row at a heartbeat thread that does not turn, and the guard ends: started again, it has one that does. */
    private static final int STUCK_LOOKS = 10;

    private static final String HELPER = "lib/native/mainstay-watchdog";

    private final Log log;
    private final LongSupplier still;
    private final Consumer<String> lastResort;
    private int stuckLooks;
    private final Watchdog watchdog;
    private final ScheduledExecutorService timer;

    /**
     * @param home its {@code etc/guard.conf} may name another helper ({@code watchdog.helper})
     * @param still for how long the heartbeat thread has not turned, in milliseconds
     * @param lastResort ends this process, with the reason
     */
    Seconds(Path home, Ticker ticker, Log log, Consumer<String> notice, LongSupplier still, Consumer<String> lastResort)
            throws IOException {
        this.log = log;
        this.still = still;
        this.lastResort = lastResort;
        String helper = GuardFiles.settings(home.resolve("etc/guard.conf")).getOrDefault("watchdog.helper", HELPER);
        this.watchdog = new Watchdog(home.resolve(helper), ticker, log, notice);
        this.timer = Executors.newSingleThreadScheduledExecutor(work -> {
            Thread thread = new Thread(work, "guard-seconds");
            thread.setDaemon(true);
            return thread;
        });
    }

    void start(Runnable everySecond) {
        timer.scheduleWithFixedDelay(
                () -> {
                    try {
                        everySecond.run();
                        lookAtHeartbeats();
                    } catch (RuntimeException e) {
                        log.error("once per second", e);
                    } catch (Error e) {
                        // The timer would never call again.
                        lastResort.accept("what is done once per second failed: " + e);
                    }
                },
                0,
                1,
                TimeUnit.SECONDS);
    }

    /** Looks are counted, not time: where the whole process stood still, the thread needs its turn first. */
    void lookAtHeartbeats() {
        stuckLooks = still.getAsLong() < STUCK_MILLIS ? 0 : stuckLooks + 1;
        if (stuckLooks == STUCK_LOOKS) {
            lastResort.accept("the heartbeat thread has not turned for " + still.getAsLong() + " ms");
        }
    }

    /** Feeds, unless the heartbeat thread is stuck. @param until boot clock: reset by then unless fed again */
    void feed(LeaseSettings settings, long until) {
        if (still.getAsLong() < STUCK_MILLIS) {
            watchdog.feed(settings.watchdog(), settings.lossStopMillis(), until);
        } else {
            log.error("the heartbeat thread has not turned for " + still.getAsLong() + " ms");
        }
    }

    /** Returns how the watchdog does; empty if there is none. */
    String watchdog() {
        return watchdog.state();
    }

    /** Returns whether a watchdog resets this machine unless the guard goes on. */
    boolean watchdogArmed() {
        return watchdog.armed();
    }

    /** Ends; the watchdog is disarmed. */
    void close() throws InterruptedException {
        timer.shutdown();
        if (!timer.awaitTermination(2, TimeUnit.SECONDS)) {
            log.warn("what is done once per second did not end");
        }
        watchdog.close();
    }
}
