package org.mainstay.guard.supervise;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Result;
import org.mainstay.guard.util.StateFile;
import org.mainstay.guard.util.Ticker;

/**
 * Keeps Karaf running: starts it, adopts one that runs, starts it again when it dies unless it was stopped on purpose.
 * Thread-safe.
 */
public final class ManagerSupervisor implements AutoCloseable {
    private static final long POLL_MILLIS = 100;
    /** Karaf that ran so long was healthy: its next death starts the back-off anew. */
    private static final long HEALTHY_NANOS = TimeUnit.SECONDS.toNanos(60);

    private static final long LARGEST_CONSOLE_LOG = 10L << 20;

    private final Path home;
    private final Callable<List<String>> command;
    private final Ticker ticker;
    private final Log log;
    private final StateFile state;
    private final Path pidFile;
    private final Runnable ended;
    private final BooleanSupplier stuck;
    private final Runnable killedStuck;
    private final Thread thread;

    /** Read without the lock, which is held while a disk is waited for. */
    private volatile boolean wanted;

    // guarded by this
    private boolean endWithManager;
    private boolean closed;
    private ProcessIdentity manager;
    private final BackOff backOff;
    private ProcessIdentity killed;
    private boolean cacheLookedAt;

    /**
     * @param home installation folder, absolute
     * @param command what starts Karaf, asked at each start so that an edited configuration counts
     * @param ended called when Karaf has ended after {@link #announced announced(true)}
     * @param stuck asked all the time: whether the Karaf that is linked has stopped deciding; it is killed and started again
     * @param killedStuck called when it was killed for that: from now on it does nothing, even if the kernel cannot end it yet
     */
    public ManagerSupervisor(
            Path home,
            Callable<List<String>> command,
            Ticker ticker,
            Log log,
            Runnable ended,
            BooleanSupplier stuck,
            Runnable killedStuck) {
        this.home = home;
        this.command = command;
        this.ticker = ticker;
        this.backOff = new BackOff(ticker, HEALTHY_NANOS);
        this.log = log;
        this.ended = ended;
        this.stuck = stuck;
        this.killedStuck = killedStuck;
        this.state = new StateFile(home.resolve("data/guard/supervision"));
        this.pidFile = home.resolve("data/run/karaf.pid");
        this.thread = new Thread(this::run, "guard-supervisor");
    }

    /**
     * Begins. A Karaf that runs already is adopted, with what was said last about whether it should run.
     *
     * @param want whether to start Karaf if none runs
     */
    public synchronized void start(boolean want) {
        Optional<ProcessIdentity> running = ProcessIdentity.read(pidFile);
        if (running.isPresent()) {
            manager = running.get();
            wanted = !recorded().equals("stopped");
            log.info("adopted Karaf, process " + manager.pid());
        } else {
            // Recorded, as the next guard goes by it, and who starts that one: a stop of the last run is over.
            want(want);
        }
        backOff.started();
        backOff.forget();
        thread.start();
    }

    private String recorded() {
        try {
            return String.join("", state.read()).strip();
        } catch (IOException e) {
            log.warn("cannot read " + state + ": " + e.getMessage());
            return "";
        }
    }

    /** Wants Karaf to run; an end that was announced before is over then. */
    public synchronized Result run(boolean now) {
        if (closed) {
            return Result.failed("the guard is just ending; start Mainstay again once it has ended");
        }
        want(now);
        endWithManager &= !now;
        backOff.forget();
        notifyAll();
        return Result.done(
                manager != null && manager.alive() ? "Karaf runs, process " + manager.pid() : "Karaf is started");
    }

    /**
     * The guard is to end: no Karaf is started any more.
     *
     * @return done; failed if Karaf runs, or is to be started again because somebody asked for it meanwhile
     */
    public synchronized Result finish() {
        if (wanted || manager != null && manager.alive()) {
            return Result.failed("Mainstay was started again meanwhile: the guard stays");
        }
        closed = true;
        notifyAll();
        return Result.done("no Karaf is started any more");
    }

    /** Karaf says that it is about to end on purpose. */
    public synchronized Result announced(boolean everything) {
        want(false);
        endWithManager = everything;
        notifyAll();
        return Result.done(everything ? "the guard ends when Karaf has ended" : "the guard stays");
    }

    /** Takes note of the process that linked itself to the guard: it is Karaf, even if no pid file says so. */
    public synchronized void linked(long pid) {
        Optional<ProcessIdentity> process = ProcessIdentity.of(pid);
        if (process.isPresent() && !process.get().equals(manager) && (manager == null || !manager.alive())) {
            manager = process.get();
            backOff.started();
            record();
            log.info("Karaf is process " + pid);
        }
    }

    /** Ends Karaf and does not start it again. Blocks until it is gone: TERM, then KILL after the limit. */
    public Result stop(int limitSeconds) throws InterruptedException {
        ProcessIdentity process;
        synchronized (this) {
            want(false);
            process = manager;
        }
        if (process == null || !process.alive()) {
            return Result.done("Karaf does not run");
        }
        process.terminate();
        if (gone(process, limitSeconds)) {
            return Result.done("Karaf has ended");
        }
        log.warn("Karaf did not end within " + limitSeconds + " s: killed");
        process.kill();
        return gone(process, 10)
                ? Result.done("Karaf did not end within " + limitSeconds + " s and was killed")
                : Result.failed(
                        "Karaf, process " + process.pid() + ", cannot be ended; it waits for storage or the kernel");
    }

    private synchronized boolean gone(ProcessIdentity process, int seconds) throws InterruptedException {
        long deadline = ticker.nanos() + TimeUnit.SECONDS.toNanos(seconds);
        while (process.alive()) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - ticker.nanos());
            if (left <= 0) {
                return false;
            }
            wait(Math.min(left, POLL_MILLIS));
        }
        return true;
    }

    private void want(boolean now) {
        wanted = now;
        try {
            state.write(List.of(now ? "run" : "stopped"));
        } catch (IOException e) {
            log.error("cannot write " + state + ": " + e.getMessage());
        }
    }

    /** Returns Karaf's process if it lives. */
    public synchronized Optional<ProcessIdentity> manager() {
        return Optional.ofNullable(manager).filter(ProcessIdentity::alive);
    }

    /** Returns whether Karaf should run; waits for nothing. */
    public boolean wanted() {
        return wanted;
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
    }

    private synchronized void run() {
        try {
            while (!closed) {
                step();
                wait(POLL_MILLIS);
            }
        } catch (InterruptedException e) {
            log.warn("supervision of Karaf was interrupted");
        }
    }

    private void step() {
        boolean zombie = stuck.getAsBoolean();
        if (zombie && wanted && manager != null && manager.alive() && !manager.equals(killed)) {
            killed = manager;
            log.error("Karaf, process " + manager.pid() + ", is connected but has decided nothing for more than"
                    + " LOOP_STUCK_SECS, or three times that waiting for its disk, or thirty times that opening its database:"
                    + " it is killed and started again");
            manager.kill();
            killedStuck.run();
        }
        if (manager != null && !manager.alive()) {
            died();
        }
        if (manager == null && endWithManager) {
            endWithManager = false;
            closed = true;
            ended.run();
        } else if (manager == null && wanted && backOff.due()) {
            launch();
        }
    }

    private void died() {
        long delay = backOff.died();
        String then = wanted
                ? "; started again" + (delay == 0 ? "" : " in " + TimeUnit.NANOSECONDS.toSeconds(delay) + " s")
                : "";
        log.warn("Karaf, process " + manager.pid() + ", has ended" + then);
        manager = null;
    }

    private void launch() {
        try {
            Process process = process();
            backOff.started();
            manager = ProcessIdentity.of(process.pid()).orElse(null);
            process.onExit().thenRun(this::wake);
            log.info("started Karaf, process " + process.pid());
            record();
            normalMemoryPriority(process.pid());
            if (manager == null) {
                manager = new ProcessIdentity(process.pid(), "");
            }
        } catch (Exception e) {
            // Whatever is wrong with the command or the disk, heartbeats and handles go on without Karaf.
            backOff.notStarted();
            log.error("Karaf cannot be started: " + e.getMessage());
        }
    }

    private synchronized void wake() {
        notifyAll();
    }

    private Process process() throws Exception {
        Path console = home.resolve("data/log/karaf-console.log");
        Files.createDirectories(console.getParent());
        Files.createDirectories(home.resolve("data/tmp"));
        if (Files.exists(console) && Files.size(console) > LARGEST_CONSOLE_LOG) {
            Files.move(console, console.resolveSibling("karaf-console.log.1"), StandardCopyOption.REPLACE_EXISTING);
        }
        if (!cacheLookedAt) {
            // Only a machine that lost its power leaves a torn cache, and then this guard was started after that.
            repairCache();
            cacheLookedAt = true;
        }
        return new ProcessBuilder(command.call())
                .directory(home.toFile())
                .redirectInput(new File("/dev/null"))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(console.toFile()))
                .redirectErrorStream(true)
                .start();
    }

    private void repairCache() throws IOException {
        BundleCache cache = new BundleCache(home);
        Optional<String> damage = cache.damage();
        if (damage.isPresent()) {
            log.warn("Karaf's bundle cache is damaged, as by a power cut (" + damage.get()
                    + "): it is made anew; features that were installed by hand have to be installed again");
            cache.discard();
        }
    }

    private void record() {
        if (manager == null) {
            return;
        }
        try {
            manager.write(pidFile);
        } catch (IOException e) {
            log.error("cannot write " + pidFile + ": a restart of the guard would not find Karaf: " + e.getMessage());
        }
    }

    /** The guard is the last to be killed when memory runs out; Karaf, started by it, is not to be. */
    private void normalMemoryPriority(long pid) {
        try {
            Files.writeString(Path.of("/proc", Long.toString(pid), "oom_score_adj"), "0");
        } catch (IOException e) {
            log.info("memory priority of Karaf stays as it is: " + e.getMessage());
        }
    }
}
