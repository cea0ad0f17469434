package org.mainstay.guard;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.mainstay.guard.heartbeat.HeartbeatService;
import org.mainstay.guard.kill.EndHierarchy;
import org.mainstay.guard.kill.InService;
import org.mainstay.guard.kill.LeaseEnd;
import org.mainstay.guard.lease.LeaseFiles;
import org.mainstay.guard.lease.LeaseKeeper;
import org.mainstay.guard.lease.LeaseSettings;
import org.mainstay.guard.lease.LeaseSurroundings;
import org.mainstay.guard.lease.SystemBootClock;
import org.mainstay.guard.supervise.ManagerSupervisor;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.StateFile;
import org.mainstay.guard.util.Ticker;
import org.mainstay.guard.util.Words;
import org.mainstay.guard.witness.Witnesses;

/** Lease, what follows from its end, quarantine and watchdog, wired. */
final class GuardLease implements LeaseSurroundings, Quarantine.Effects {
    private static final long SICK_MILLIS = 30_000;
    /** How often a witness that could not begin is begun again. */
    private static final int WITNESS_AGAIN_SECONDS = 10;

    private final Log log;
    private final Consumer<String> news;
    private final Place place;
    private final LeaseEnd end;
    private final LeaseKeeper keeper;
    private final Quarantine quarantine;
    private HeartbeatService heartbeats;
    private ManagerSupervisor supervisor;
    private Seconds seconds;
    private final DiskProbe probe;
    private final LoopLimit loopLimit;
    private final Fitness fitness;
    private final Executor disk;
    private final AtomicBoolean endingQuarantine = new AtomicBoolean();
    private final AtomicBoolean retrying = new AtomicBoolean();
    private int second;
    private volatile String unfit = "";
    private final ExecutorService witnessTurns = Guard.single("guard-witness-silence");
    private boolean silent;
    private boolean sick;

    /**
     * What the lease needs to know of the guard.
     *
     * @param slowestDetection of the heartbeat paths, in milliseconds
     * @param watchdogArmed told once per second
     * @param decides whether a manager decides here now, or none should run
     */
    record Place(
            Supplier<InService> inService,
            LongSupplier slowestDetection,
            Consumer<Boolean> watchdogArmed,
            BooleanSupplier decides) {}

    /**
     * @param disk runs what waits for the disk, one task after the other
     * @param news takes lines for the manager
     */
    GuardLease(Path home, Ticker ticker, Log log, Executor disk, Consumer<String> news, Place place)
            throws IOException {
        this.place = place;
        this.log = log;
        this.disk = disk;
        this.news = news;
        String bootId = GuardFiles.bootId();
        SystemBootClock clock = new SystemBootClock(ticker);
        this.end = new LeaseEnd(new EndHierarchy(ticker, log), place.inService(), this::notice, log);
        this.probe = new DiskProbe(new StateFile(home.resolve("data/guard/probe")), ticker);
        this.loopLimit = new LoopLimit(home, log);
        this.fitness = new Fitness(ticker, probe::failingMillis, probe::trouble, loopLimit::last);
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
        this.seconds = new Seconds(home, ticker, log, this::notice, service::stillMillis, new LastResort(log));
        silent = quarantine.resume();
        heartbeats.silent(silent);
        keeper.witness().silent(silent);
    }

    /** Begins what goes on all the time. */
    void start() {
        keeper.start();
        if (quarantine.active()) {
            quarantine.enforce();
        }
        probe.start(loopLimit::getAsLong);
        seconds.start(this::second);
    }

    /** Waits for no disk: the watchdog is fed from here, and a disk that hangs is noticed here. */
    private void second() {
        seconds.feed(keeper.settings(), keeper.safeUntil(end.anythingLeft(), Seconds.CAREFREE_MILLIS));
        place.watchdogArmed().accept(seconds.watchdogArmed());
        if (quarantine.over() && endingQuarantine.compareAndSet(false, true)) {
            disk.execute(this::endQuarantine);
        }
        fit();
        if (++second % WITNESS_AGAIN_SECONDS == 0 && retrying.compareAndSet(false, true)) {
            witnessTurns.execute(this::retryWitness);
        }
    }

    private void retryWitness() {
        try {
            keeper.witness().retry();
        } finally {
            retrying.set(false);
        }
    }

    private void endQuarantine() {
        try {
            quarantine.look();
        } finally {
            endingQuarantine.set(false);
        }
    }

    /**
     * Who cannot keep its promises says nothing more: its lease ends as that of a dead server, what runs here is ended, and the others
     * take it over. Without a lease nothing would be ended here, so nothing is done but to say it.
     */
    private void fit() {
        boolean failing = probe.failingMillis() > SICK_MILLIS;
        if (failing != sick) {
            sick = failing;
            String text = failing
                    ? "the guard could not write under data/ for " + SICK_MILLIS / 1000 + " s: " + probe.trouble()
                    : "the guard can write under data/ again";
            log.error(text);
            notice(text);
        }
        String why = fitness.look(place.decides().getAsBoolean());
        boolean leased = keeper.settings().mode() != LeaseSettings.Mode.NONE;
        if (why.isEmpty() != unfit.isEmpty()) {
            String text = why.isEmpty()
                    ? "this server can keep its promises again"
                    : "this server cannot keep its promises: " + why
                            + (leased
                                    ? "; it is silent until that is over, so that its right to run ends and others take over"
                                    : "; there is no quorum, so what runs here goes on and nobody watches it");
            log.error(text);
            notice(text);
        }
        unfit = why;
        silence();
    }

    private synchronized void silence() {
        boolean now =
                quarantine.active() || !unfit.isEmpty() && keeper.settings().mode() != LeaseSettings.Mode.NONE;
        heartbeats.silent(now);
        if (now != silent) {
            silent = now;
            // A witness is closed and begun with files and a network that may hang.
            witnessTurns.execute(() -> keeper.witness().silent(now));
        }
    }

    /** Returns why this server cannot keep its promises; empty if it can. */
    String unfit() {
        return unfit;
    }

    /** Ends, and the heartbeats with it: their last word is that no watchdog is fed here any more. */
    void close() throws InterruptedException {
        probe.close();
        seconds.close();
        place.watchdogArmed().accept(false);
        heartbeats.close();
        quarantine.forget();
        keeper.close();
    }

    /** The paths are others now. Heartbeats come first: a lease that does not fit them is only said. */
    void pathsChanged() {
        LeaseSettings settings = keeper.settings();
        long slowest = place.slowestDetection().getAsLong();
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
        String damage = quarantine.damage();
        if (!damage.isEmpty()) {
            notice(damage);
        }
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
    public String left() {
        return end.left();
    }

    @Override
    public void held() {
        end.forget();
    }

    @Override
    public long slowestDetectionMillis() {
        return place.slowestDetection().getAsLong();
    }

    // --- quarantine

    @Override
    public void begin() {
        silence();
        try {
            log.info(supervisor.stop(Guard.MANAGER_STOP_SECONDS).message());
        } catch (InterruptedException e) {
            log.warn("ending Karaf for the quarantine was interrupted");
        }
    }

    @Override
    public void end(boolean restart) {
        silence();
        if (restart) {
            supervisor.run(true);
        }
    }
}
