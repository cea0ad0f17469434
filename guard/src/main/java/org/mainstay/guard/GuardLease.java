package org.mainstay.guard;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.mainstay.guard.heartbeat.HeartbeatService;
import org.mainstay.guard.kill.EndAll;
import org.mainstay.guard.kill.InService;
import org.mainstay.guard.kill.LeaseEnd;
import org.mainstay.guard.lease.LeaseFiles;
import org.mainstay.guard.lease.LeaseKeeper;
import org.mainstay.guard.lease.LeaseSettings;
import org.mainstay.guard.lease.LeaseSurroundings;
import org.mainstay.guard.lease.SystemBootClock;
import org.mainstay.guard.supervise.ManagerSupervisor;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Ticker;
import org.mainstay.guard.util.Words;
import org.mainstay.guard.witness.Witnesses;

/** Lease, what follows from its end, quarantine and watchdog, wired. */
final class GuardLease implements LeaseSurroundings, Quarantine.Effects {
    private final Log log;
    private final Consumer<String> news;
    private final LongSupplier slowestDetection;
    private final LeaseEnd end;
    private final LeaseKeeper keeper;
    private final Quarantine quarantine;
    private HeartbeatService heartbeats;
    private ManagerSupervisor supervisor;
    private Seconds seconds;

    /**
     * @param disk runs what waits for the disk, one task after the other
     * @param news takes lines for the manager
     * @param slowestDetection of the heartbeat paths, in milliseconds
     */
    GuardLease(
            Path home,
            Ticker ticker,
            Log log,
            Executor disk,
            Consumer<String> news,
            Supplier<InService> inService,
            LongSupplier slowestDetection)
            throws IOException {
        this.log = log;
        this.news = news;
        this.slowestDetection = slowestDetection;
        String bootId = GuardFiles.bootId();
        SystemBootClock clock = new SystemBootClock(ticker);
        this.end = new LeaseEnd(new EndAll(ticker, log), inService, this::notice, log);
        this.quarantine = new Quarantine(clock, home.resolve("data/guard/quarantine"), bootId, this, news, log);
        this.keeper = new LeaseKeeper(clock, new LeaseFiles(home, bootId), disk, log, Witnesses::create, this);
    }

    LeaseKeeper keeper() {
        return keeper;
    }

    Quarantine quarantine() {
        return quarantine;
    }

    /** Takes what it works on; then a quarantine that was recorded goes on, before any heartbeat is sent. */
    void resume(Path home, Ticker ticker, HeartbeatService service, ManagerSupervisor manager) throws IOException {
        this.heartbeats = service;
        this.supervisor = manager;
        this.seconds = new Seconds(home, ticker, log, this::notice, service);
        boolean quarantined = quarantine.resume();
        heartbeats.silent(quarantined);
        keeper.witness().silent(quarantined);
    }

    /** Begins what goes on all the time. */
    void start() {
        keeper.start();
        if (quarantine.active()) {
            quarantine.enforce();
        }
        seconds.start(this::second);
    }

    private void second() {
        quarantine.look();
        seconds.feed(keeper.settings(), keeper.safeUntil(end.anythingLeft(), Seconds.CAREFREE_MILLIS));
    }

    void close() throws InterruptedException {
        seconds.close();
        quarantine.forget();
        keeper.close();
    }

    /** The paths are others now. Heartbeats come first: a lease that does not fit them is only said. */
    void pathsChanged() {
        LeaseSettings settings = keeper.settings();
        long slowest = slowestDetection.getAsLong();
        if (settings.mode() != LeaseSettings.Mode.NONE && settings.leaseMillis() < slowest) {
            String text = "the lease of " + settings.leaseMillis() + " ms (QUORUM_LEASE_SECS) is shorter than the "
                    + slowest + " ms after which the slowest heartbeat path is dead: it may end between two heartbeats";
            log.warn(text);
            notice(text);
        }
    }

    void repeatNews() {
        keeper.repeatNews();
        news.accept(quarantine.line());
    }

    /** Returns how the watchdog does; empty if there is none. */
    String watchdog() {
        return seconds.watchdog();
    }

    // --- the keeper says

    @Override
    public void news(String line) {
        news.accept(line);
    }

    @Override
    public void notice(String text) {
        news.accept(Words.line("*", "notice", text));
    }

    @Override
    public void end(long leftMillis) {
        end.begin(leftMillis);
    }

    @Override
    public boolean anythingLeft() {
        return end.anythingLeft();
    }

    @Override
    public void held() {
        end.forget();
    }

    @Override
    public long slowestDetectionMillis() {
        return slowestDetection.getAsLong();
    }

    // --- quarantine

    @Override
    public void begin() {
        heartbeats.silent(true);
        keeper.witness().silent(true);
        try {
            log.info(supervisor.stop(Guard.MANAGER_STOP_SECONDS).message());
        } catch (InterruptedException e) {
            log.warn("ending Karaf for the quarantine was interrupted");
        }
    }

    @Override
    public void end(boolean restart) {
        keeper.witness().silent(false);
        heartbeats.silent(false);
        if (restart) {
            supervisor.run(true);
        }
    }
}
