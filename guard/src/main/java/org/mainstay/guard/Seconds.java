package org.mainstay.guard;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.mainstay.guard.heartbeat.HeartbeatService;
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

    private static final String HELPER = "lib/native/mainstay-watchdog";

    private final Log log;
    private final HeartbeatService heartbeats;
    private final Watchdog watchdog;
    private final ScheduledExecutorService timer;

    /** @param home its {@code etc/guard.conf} may name another helper ({@code watchdog.helper}) */
    Seconds(Path home, Ticker ticker, Log log, Consumer<String> notice, HeartbeatService heartbeats)
            throws IOException {
        this.log = log;
        this.heartbeats = heartbeats;
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
                    } catch (RuntimeException e) {
                        log.error("once per second", e);
                    }
                },
                0,
                1,
                TimeUnit.SECONDS);
    }

    /** Feeds, unless the heartbeat thread is stuck. @param until boot clock: reset by then unless fed again */
    void feed(LeaseSettings settings, long until) {
        if (heartbeats.stillMillis() < STUCK_MILLIS) {
            watchdog.feed(settings.watchdog(), settings.lossStopMillis(), until);
        } else {
            log.error("the heartbeat thread has not turned for " + heartbeats.stillMillis() + " ms");
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
