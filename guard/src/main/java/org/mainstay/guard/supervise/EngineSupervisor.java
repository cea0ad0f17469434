package org.mainstay.guard.supervise;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.StateFile;
import org.mainstay.guard.util.Ticker;

/**
 * Keeps the mirror engine running while this server has mirrored volumes: started when {@code data/mirror/engine} says so, adopted
 * when it runs, started again when it dies. Knows nothing of volumes: what the engine may do it is told by the manager. Thread-safe.
 */
public final class EngineSupervisor implements AutoCloseable {
    private static final long POLL_MILLIS = 100;
    private static final long HEALTHY_NANOS = TimeUnit.SECONDS.toNanos(30);
    /** An engine that has not ended so long after it was asked to is killed: its roles are on disk. */
    private static final long END_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final long LARGEST_LOG = 10L << 20;
    /** Memory for data is direct and bounded; the heap is touched at the start, so that no write has to wait for memory. */
    private static final List<String> JAVA_OPTIONS = List.of(
            "-Xms64m",
            // The rest is for bitmaps of large volumes, as they need it: docs/mirroring.md says how large they may be.
            "-Xmx512m",
            "-Xmn21m",
            "-Xss512k",
            "-XX:+UseSerialGC",
            "-XX:MaxDirectMemorySize=1344m",
            "-XX:+AlwaysPreTouch",
            "-XX:+ExitOnOutOfMemoryError",
            "-Dmainstay.mirror.native=lib/native",
            "-Dmainstay.mirror.identity=data/identity",
            "-Dmainstay.mirror.pins=data/mirror/pins");

    private final Path home;
    private final Ticker ticker;
    private final Log log;
    private final StateFile wish;
    private final Path pidFile;
    private final Thread thread;

    // guarded by this
    private boolean closed;
    private ProcessIdentity engine;
    private String runs = "";
    private final BackOff backOff;
    private boolean ending;
    private long endBy;

    /** @param home installation folder, absolute */
    public EngineSupervisor(Path home, Ticker ticker, Log log) {
        this.home = home;
        this.ticker = ticker;
        this.log = log;
        this.backOff = new BackOff(ticker, HEALTHY_NANOS);
        // One line: the server's name and the port for other engines. Written by the manager.
        this.wish = new StateFile(home.resolve("data/mirror/engine"));
        this.pidFile = home.resolve("data/run/engine.pid");
        this.thread = new Thread(this::run, "guard-engine");
        thread.setDaemon(true);
    }

    /** Begins; an engine that runs already is adopted. */
    public synchronized void start() {
        engine = ProcessIdentity.read(pidFile).orElse(null);
        if (engine != null) {
            runs = wanted();
            log.info("adopted the mirror engine, process " + engine.pid());
        }
        backOff.started();
        backOff.forget();
        thread.start();
    }

    private String wanted() {
        try {
            return String.join("", wish.read()).strip();
        } catch (IOException e) {
            log.warn("cannot read " + wish + ": " + e.getMessage());
            return runs;
        }
    }

    /** Ends the engine: its roles stay recorded for the next start within this boot. Called when nothing here uses it any more. */
    public synchronized void end() {
        closed = true;
        if (engine != null) {
            engine.terminate();
        }
        notifyAll();
    }

    /** Ends the supervision; the engine goes on. */
    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }

    private synchronized void run() {
        try {
            while (!closed) {
                step();
                wait(POLL_MILLIS);
            }
        } catch (InterruptedException e) {
            log.warn("supervision of the mirror engine was interrupted");
        }
    }

    private void step() {
        String wanted = wanted();
        if (engine != null && !engine.alive()) {
            died();
        }
        if (engine != null && !wanted.equals(runs)) {
            log.info("the mirror engine ends: its settings changed");
            engine.terminate();
            runs = wanted;
            ending = true;
            endBy = ticker.nanos() + END_NANOS;
        } else if (engine != null && ending && ticker.nanos() - endBy >= 0) {
            log.error("the mirror engine, process " + engine.pid() + ", does not end: it is killed");
            engine.kill();
            endBy = ticker.nanos() + END_NANOS;
        } else if (engine == null && !wanted.isEmpty() && backOff.due()) {
            launch(wanted);
        }
    }

    private void died() {
        backOff.died();
        ending = false;
        log.warn("the mirror engine, process " + engine.pid() + ", has ended");
        engine = null;
    }

    private void launch(String wanted) {
        try {
            Process process = new ProcessBuilder(command(home, wanted))
                    .directory(home.toFile())
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(console().toFile()))
                    .redirectErrorStream(true)
                    .start();
            backOff.started();
            runs = wanted;
            process.onExit().thenRun(this::wake);
            Optional<ProcessIdentity> started = ProcessIdentity.of(process.pid());
            engine = started.orElse(new ProcessIdentity(process.pid(), ""));
            engine.write(pidFile);
            log.info("started the mirror engine, process " + process.pid());
        } catch (IOException | RuntimeException e) {
            backOff.notStarted();
            log.error("the mirror engine cannot be started: " + e.getMessage());
        }
    }

    /** @param wanted server's name and port */
    static List<String> command(Path home, String wanted) {
        String[] words = wanted.split(" ");
        if (words.length != 2 || !words[1].matches("[0-9]{1,5}")) {
            throw new IllegalArgumentException("data/mirror/engine holds a server's name and a port, not: " + wanted);
        }
        List<String> command = new ArrayList<>(ManagerCommand.detacher());
        command.addAll(List.of(home.resolve("lib/native/mainstay-attach").toString(), "--"));
        command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
        command.addAll(JAVA_OPTIONS);
        command.addAll(List.of("-cp", "lib/mirror.engine.jar", "org.mainstay.mirror.engine.MirrorEngineMain"));
        command.addAll(List.of("run", "data/mirror", words[0], "*:" + words[1]));
        return command;
    }

    private synchronized void wake() {
        notifyAll();
    }

    private Path console() throws IOException {
        Path file = home.resolve("data/log/mirror-engine.log");
        Files.createDirectories(file.getParent());
        if (Files.exists(file) && Files.size(file) > LARGEST_LOG) {
            Files.move(file, file.resolveSibling("mirror-engine.log.1"), StandardCopyOption.REPLACE_EXISTING);
        }
        return file;
    }
}
