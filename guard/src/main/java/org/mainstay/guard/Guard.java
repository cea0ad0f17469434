package org.mainstay.guard;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.mainstay.guard.control.ControlServer;
import org.mainstay.guard.control.Operations;
import org.mainstay.guard.heartbeat.DiskStorage;
import org.mainstay.guard.heartbeat.HeartbeatListener;
import org.mainstay.guard.heartbeat.HeartbeatService;
import org.mainstay.guard.heartbeat.OwnStatus;
import org.mainstay.guard.heartbeat.PathConfig;
import org.mainstay.guard.kill.HandleExecutor;
import org.mainstay.guard.kill.InService;
import org.mainstay.guard.kill.KillLanes;
import org.mainstay.guard.lease.LeaseKeeper;
import org.mainstay.guard.reserve.DiskAreas;
import org.mainstay.guard.reserve.HeartbeatArea;
import org.mainstay.guard.reserve.Reservations;
import org.mainstay.guard.supervise.EngineSupervisor;
import org.mainstay.guard.supervise.LoopWatch;
import org.mainstay.guard.supervise.ManagerCommand;
import org.mainstay.guard.supervise.ManagerSupervisor;
import org.mainstay.guard.supervise.ProcessIdentity;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Result;
import org.mainstay.guard.util.Ticker;
import org.mainstay.guard.util.TwinFile;
import org.mainstay.guard.util.Words;

/** The parts of the guard, wired. What it was told last is on disk and goes on after a restart, also without Karaf. */
final class Guard implements Operations, HeartbeatListener {
    /** Relative to the working directory: the kernel takes 107 bytes. */
    static final Path SOCKET = Path.of("data/run/guard.sock");
    /** Karaf ends its bundles in an orderly way within this time or is killed. */
    static final int MANAGER_STOP_SECONDS = 60;
    /** A loop older than this does not decide. */
    private static final long DECIDES_MILLIS = 5000;

    private final Path home;
    private final Log log;
    private final GuardFiles files;
    private final OwnStatus own;
    private final HeartbeatService heartbeats;
    private final Reservations reservations;
    private final ManagerSupervisor supervisor;
    private final ControlServer control;
    private final GuardLease lease;
    private final long instance;
    private final ExecutorService state = single("guard-state");
    private final KillLanes lanes;
    private final EngineSupervisor engine;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Object newsLock = new Object();
    private final Queue<String> damages = new ConcurrentLinkedQueue<>();

    private volatile GuardFiles.Identity identity;
    private volatile InService inService = new InService(Map.of());
    private volatile long slowestDetection;
    private Consumer<String> news;

    /**
     * @param home installation folder, absolute and the working directory
     * @throws IOException if this machine or folder does not allow a guard to run
     */
    Guard(Path home, Log log) throws IOException {
        Ticker ticker = System::nanoTime;
        this.home = home;
        this.log = log;
        String bootId = GuardFiles.bootId();
        this.files = new GuardFiles(home, bootId, this::damaged);
        files.prepare();
        this.identity = files.readIdentity();
        this.instance = new SecureRandom().nextLong() | 1;
        this.own = new OwnStatus(ticker, bootId);
        this.lease = new GuardLease(
                home,
                ticker,
                log,
                state,
                this::tell,
                new GuardLease.Place(() -> inService, () -> slowestDetection, this::watchdog, this::decides));
        this.heartbeats = new HeartbeatService(ticker, log, this, own, lease.keeper(), this::openDisk, instance);
        HandleExecutor executor = new HandleExecutor(ticker, log);
        this.lanes = new KillLanes(executor::execute, log);
        LostReservations losses = new LostReservations(executor, lanes, () -> inService, this::tell, log);
        this.reservations = new Reservations(
                ReservationTunables.read(
                        home, identity.installation(), () -> identity.server(), () -> slowestDetection, log),
                ticker,
                log,
                losses::lost,
                new TwinFile(files.state("reservations")),
                GuardFiles.place());
        LoopWatch loop = new LoopWatch(ticker, LoopWatch.Ages.of(own), new LoopLimit(home, log));
        this.supervisor = new ManagerSupervisor(
                home, this::managerCommand, ticker, log, this::managerEnded, loop::stuck, this::managerKilled);
        this.engine = new EngineSupervisor(home, ticker, log);
        this.control = new ControlServer(SOCKET, this, log);
    }

    private boolean decides() {
        return !supervisor.wanted() || own.decides(DECIDES_MILLIS);
    }

    private DiskStorage.Slots openDisk(PathConfig path) throws IOException {
        GuardFiles.Identity me = identity;
        return HeartbeatArea.open(path.disk(), path.id(), new HeartbeatArea.Owner(me.installation(), me.server()));
    }

    static ExecutorService single(String name) {
        return Executors.newSingleThreadExecutor(work -> {
            Thread thread = new Thread(work, name);
            thread.setDaemon(true);
            return thread;
        });
    }

    private List<String> managerCommand() throws IOException {
        return ManagerCommand.of(home, GuardFiles.settings(home.resolve("etc/guard.conf")));
    }

    /** Begins; heartbeats first. @param wantManager whether to start Karaf if none runs */
    void start(boolean wantManager) throws IOException {
        // Known before the lease is looked at for the first time: it may have been over for long.
        inService = files.readInService();
        lease.resume(home, System::nanoTime, heartbeats, supervisor);
        heartbeats.start();
        serve(recordedPaths());
        reservations.resume(inService.areas(), inService.unknown().isEmpty(), this::damaged);
        files.recordProcess();
        lastToDie();
        control.start();
        engine.start();
        supervisor.start(wantManager && !lease.quarantine().active());
        lease.start();
        log.info("guard started, process " + ProcessHandle.current().pid() + ", instance " + instanceId());
    }

    /** Files that cannot be read cost what they hold until the manager repeats it, never the start. */
    private List<PathConfig> recordedPaths() {
        try {
            return files.readPaths();
        } catch (IOException | RuntimeException e) {
            damaged("the recorded heartbeat paths cannot be read; Karaf has to say them again: " + e.getMessage());
            return List.of();
        }
    }

    /** Is said to the next manager, too. */
    private void damaged(String text) {
        log.error(text);
        damages.add(text);
    }

    private void lastToDie() {
        try {
            Files.writeString(Path.of("/proc/self/oom_score_adj"), "-1000");
        } catch (IOException e) {
            log.info("memory priority stays as it is: " + e.getMessage());
        }
    }

    /** Returns when the guard was stopped on purpose. */
    void awaitEnd() throws InterruptedException {
        ended.await();
        supervisor.close();
        try {
            // Before all that may take long: who is to follow waits for the lock as long as nobody listens here.
            control.close();
        } catch (IOException e) {
            log.warn("closing: " + e.getMessage());
        }
        // What was left running on purpose goes on using the engine.
        if (inService.isEmpty()) {
            engine.end();
        }
        engine.close();
        lease.close();
        reservations.close();
        try {
            Files.deleteIfExists(home.resolve("data/run/guard.pid"));
        } catch (IOException e) {
            log.warn("closing: " + e.getMessage());
        }
        log.info("guard stopped");
    }

    /** Whatever the kernel still does for it, a manager that was killed decides nothing any more. */
    private void managerKilled() {
        Consumer<String> its;
        synchronized (newsLock) {
            its = news;
        }
        if (its != null) {
            unlinked(its);
        }
    }

    private void managerEnded() {
        if (inService.isEmpty()) {
            reservations.releaseAll();
        }
        ended.countDown();
    }

    private interface Writer {
        void write() throws IOException;
    }

    private void save(String what, Writer writer) {
        state.execute(() -> {
            try {
                writer.write();
            } catch (IOException e) {
                String text = "the guard cannot record " + what + ", a restart would not know them: " + e.getMessage();
                log.error(text);
                notice(text);
            }
        });
    }

    private void tell(String line) {
        synchronized (newsLock) {
            if (news != null) {
                news.accept(line);
            }
        }
    }

    // --- heartbeats say

    @Override
    public void path(String id, String peer, boolean alive) {
        tell(Words.line("*", "path", id, peer, alive ? "alive" : "dead"));
    }

    @Override
    public void peer(PeerStatus status) {
        tell(Words.line(
                "*",
                "peer",
                status.peer(),
                status.bootId(),
                status.managerPresent() ? "present" : "absent",
                status.incarnation(),
                status.version()));
        tellWatchdog(status.peer(), status.watchdogFed());
    }

    private void tellWatchdog(String server, boolean fed) {
        if (!server.isEmpty()) {
            tell(Words.line("*", "watchdog", server, fed ? "fed" : "unfed"));
        }
    }

    /** Whether the watchdog here is fed, asked once per second: the others count on it. */
    private void watchdog(boolean fed) {
        if (own.watchdog(fed)) {
            heartbeats.statusChanged();
            tellWatchdog(identity.server(), fed);
        }
    }

    @Override
    public void notice(String text) {
        tell(Words.line("*", "notice", text));
    }

    // --- the manager asks

    @Override
    public void linked(long pid, Consumer<String> consumer) {
        supervisor.linked(pid);
        boolean wasAbsent = own.linked(true);
        synchronized (newsLock) {
            consumer.accept(Words.line("welcome", 1, ProcessHandle.current().pid(), instanceId()));
            news = consumer;
        }
        log.info("manager linked, process " + pid);
        if (wasAbsent) {
            heartbeats.statusChanged();
        }
        heartbeats.repeatNews();
        lease.repeatNews();
        tellWatchdog(identity.server(), own.watchdogFed());
        for (String text = damages.poll(); text != null; text = damages.poll()) {
            notice(text);
        }
    }

    @Override
    public void unlinked(Consumer<String> consumer) {
        synchronized (newsLock) {
            if (news != consumer) {
                return;
            }
            news = null;
        }
        log.warn("manager absent");
        if (own.linked(false)) {
            heartbeats.statusChanged();
        }
    }

    private void serve(List<PathConfig> paths) {
        slowestDetection = paths.stream()
                .mapToLong(path -> TimeUnit.NANOSECONDS.toMillis(path.detectionNanos()))
                .max()
                .orElse(0);
        heartbeats.paths(paths);
        lease.pathsChanged();
    }

    @Override
    public void paths(List<PathConfig> paths) {
        serve(paths);
        save("the heartbeat paths", () -> files.writePaths(paths));
    }

    @Override
    public void inService(Map<String, List<String>> handlesByTag) {
        InService now = new InService(handlesByTag);
        inService = now;
        reservations.inUse(now.areas());
        save("the kill handles", () -> files.writeInService(now.byTag()));
    }

    @Override
    public CompletableFuture<List<Result>> kill(List<String> handles) {
        return lanes.execute(inService.lane(handles), handles);
    }

    @Override
    public CompletableFuture<Result> reservation(String verb, String area, boolean force) {
        return reservations.perform(verb, area, force);
    }

    @Override
    public CompletableFuture<Result> disk(String verb, String device, String path) {
        return DiskAreas.perform(verb, device, path);
    }

    @Override
    public void report(OwnStatus.Report report) {
        if (!report.server().isEmpty() && !report.server().equals(identity.server())) {
            GuardFiles.Identity named = new GuardFiles.Identity(identity.installation(), report.server());
            identity = named;
            tellWatchdog(named.server(), own.watchdogFed());
            save("this server's name", () -> files.writeIdentity(named));
        }
        if (own.report(report)) {
            heartbeats.statusChanged();
        }
    }

    @Override
    public void opening(long ageMillis) {
        own.opening(ageMillis);
    }

    @Override
    public Result stopping(boolean everything) {
        return supervisor.announced(everything);
    }

    @Override
    public LeaseKeeper lease() {
        return lease.keeper();
    }

    @Override
    public Result quarantine(long millis) {
        return lease.quarantine().ask(millis);
    }

    private String instanceId() {
        return Long.toHexString(instance);
    }

    // --- local tools ask

    @Override
    public List<String> status(boolean json) {
        boolean linked = own.isLinked();
        long pid = supervisor.manager().map(ProcessIdentity::pid).orElse(0L);
        String manager = linked ? "present" : pid != 0 ? "absent" : supervisor.wanted() ? "dead" : "stopped";
        List<HeartbeatService.View> views = heartbeats
                .views()
                .completeOnTimeout(List.of(), 2, TimeUnit.SECONDS)
                .join();
        StatusText text = new StatusText(
                identity.server(),
                manager,
                pid,
                own.loopAgeMillis(),
                heartbeats.foreignPackets(),
                views,
                inService,
                reservations.views(),
                lease.keeper().view(),
                lease.quarantine().leftMillis(),
                lease.watchdog(),
                lease.unfit());
        return json ? List.of(text.json()) : text.people();
    }

    @Override
    public Result startManager() {
        boolean ended = lease.quarantine().end(true);
        Result started = supervisor.run(true);
        return ended && started.done() ? Result.done("quarantine ended; " + started.message()) : started;
    }

    @Override
    public Result stopManager() throws InterruptedException {
        lease.quarantine().end(false);
        return supervisor.stop(MANAGER_STOP_SECONDS);
    }

    @Override
    public int stopEverything(Consumer<String> progress) throws InterruptedException {
        if (own.isLinked()) {
            progress.accept(
                    "Karaf is connected and stops its resources in order itself; ask it, or 'stop-manager' first");
            return 8;
        }
        Result manager = supervisor.stop(MANAGER_STOP_SECONDS);
        progress.accept(manager.message());
        InService here = inService;
        Map<String, List<String>> handles = new LinkedHashMap<>();
        Map<String, List<String>> owners = new LinkedHashMap<>();
        boolean all = manager.done();
        if (!here.unknown().isEmpty()) {
            progress.accept("FAILED: " + here.unknown());
            all = false;
        }
        for (String tag : here.byTag().keySet()) {
            if (here.handles(tag).isEmpty()) {
                progress.accept(
                        tag + ": FAILED: no kill handles are recorded for it, so it may still run; start Mainstay"
                                + " (lkstart) and take it out of service, or stop it by hand");
                all = false;
            }
            for (String handle : here.handles(tag)) {
                handles.computeIfAbsent(here.lane(tag), key -> new ArrayList<>())
                        .add(handle);
                owners.computeIfAbsent(here.lane(tag), key -> new ArrayList<>()).add(tag);
            }
        }
        Map<String, CompletableFuture<List<Result>>> ending = new LinkedHashMap<>();
        handles.forEach((lane, its) -> ending.put(lane, lanes.execute(lane, its)));
        for (String lane : ending.keySet()) {
            List<Result> results = ending.get(lane).join();
            for (int i = 0; i < results.size(); i++) {
                Result result = results.get(i);
                progress.accept(owners.get(lane).get(i) + ": " + (result.done() ? "" : "FAILED: ") + result.message());
                all &= result.done();
            }
        }
        if (!all) {
            progress.accept("not everything could be ended: the guard stays and keeps its reservations");
            return 1;
        }
        inService(Map.of());
        reservations.releaseAll().forEach(result -> progress.accept(result.message()));
        awaitSaved();
        Result finished = finish();
        if (!finished.done()) {
            progress.accept(finished.message());
        }
        return finished.done() ? 0 : 1;
    }

    private void awaitSaved() throws InterruptedException {
        CountDownLatch saved = new CountDownLatch(1);
        state.execute(saved::countDown);
        if (!saved.await(2, TimeUnit.SECONDS)) {
            log.warn("the disk of data/guard does not answer");
        }
    }

    @Override
    public Result shutdown() throws InterruptedException {
        Result result = supervisor.stop(MANAGER_STOP_SECONDS);
        Result finished = result.done() ? finish() : result;
        return finished.done() ? result : finished;
    }

    private Result finish() {
        Result finished = supervisor.finish();
        if (finished.done()) {
            ended.countDown();
        }
        return finished;
    }
}
