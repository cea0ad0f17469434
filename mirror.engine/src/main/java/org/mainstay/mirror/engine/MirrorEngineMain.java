package org.mainstay.mirror.engine;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.mainstay.mirror.engine.control.ControlServer;
import org.mainstay.mirror.engine.control.Engine;
import org.mainstay.mirror.engine.control.EngineEnvironment;
import org.mainstay.mirror.engine.io.Buffers;
import org.mainstay.mirror.engine.io.CertificateFiles;
import org.mainstay.mirror.engine.io.DiskExport;
import org.mainstay.mirror.engine.io.Export;
import org.mainstay.mirror.engine.io.FileDisk;
import org.mainstay.mirror.engine.io.LocalIo;
import org.mainstay.mirror.engine.io.Tls;
import org.mainstay.mirror.engine.link.LinkServer;
import org.mainstay.mirror.engine.nbd.Exports;
import org.mainstay.mirror.engine.nbd.NbdLimits;
import org.mainstay.mirror.engine.nbd.NbdServer;

/** Runs the engine; PROTOCOL.md says how to start it. */
public final class MirrorEngineMain {
    private static final int BAD_ARGUMENT = 2;
    private static final int RUNS_ALREADY = 4;
    private static final int CANNOT_GO_ON = 5;
    private static final int RESIGN_MILLIS = 200;

    private MirrorEngineMain() {}

    /**
     * Runs the engine, or serves one file without a mirror.
     *
     * @param arguments {@code run FOLDER SERVER [HOST:PORT]} or
     *     {@code export FILE SOCKET|HOST:PORT [read-only] [tls=FOLDER]}
     */
    public static void main(String[] arguments) throws Exception {
        List<String> words = List.of(arguments);
        if (words.size() >= 3 && words.get(0).equals("export")) {
            export(words);
        } else if (words.size() >= 3 && words.get(0).equals("run")) {
            run(words);
        } else {
            System.err.println(
                    "usage: run FOLDER SERVER [HOST:PORT] | export FILE SOCKET|HOST:PORT [read-only] [tls=FOLDER]");
            System.exit(BAD_ARGUMENT);
        }
    }

    private static void run(List<String> words) throws IOException, InterruptedException {
        // A client that negotiates TLS 1.2 again and again would keep a processor busy.
        System.setProperty("jdk.tls.rejectClientInitiatedRenegotiation", "true");
        // A thread that accepts connections, or sends, would be missing for ever; the guard starts the process again.
        Thread.setDefaultUncaughtExceptionHandler((thread, error) -> {
            log("ERROR the thread " + thread.getName() + " ended: " + error);
            if (error instanceof Error) {
                halt(error);
            }
        });
        Path folder = Path.of(words.get(1));
        Files.createDirectories(folder);
        try (FileChannel channel =
                        FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            if (lock == null) {
                System.err.println("a mirror engine runs already in " + folder);
                System.exit(RUNS_ALREADY);
            }
            InetSocketAddress replication = words.size() > 3 ? EngineEnvironment.address(words.get(3)) : null;
            CountDownLatch end = new CountDownLatch(1);
            long memory = Long.getLong("mainstay.mirror.memory", 256L << 20);
            try (Engine engine =
                            new Engine(folder, words.get(2), replication, security(), memory, MirrorEngineMain::log);
                    ControlServer control = new ControlServer(folder.resolve("control.sock"), engine, end::countDown)) {
                engine.onFatal(MirrorEngineMain::halt);
                Runtime.getRuntime().addShutdownHook(new Thread(() -> resign(engine, end), "resign"));
                log("the mirror engine of " + words.get(2) + " runs");
                end.await();
                log("the mirror engine ends as asked");
                resign(engine, null);
            }
        }
        System.exit(0);
    }

    /** Without the shutdown hooks, which may need what is missing. */
    private static void halt(Throwable why) {
        System.err.println("the mirror engine ends, to be started again: " + why);
        Runtime.getRuntime().halt(CANNOT_GO_ON);
    }

    /**
     * Tells sources that the targets here end, and gives the word a moment to leave.
     *
     * @param asked where a signal may end the process: zero if it was asked to end before, and has told them
     */
    private static void resign(Engine engine, CountDownLatch asked) {
        if (asked != null && asked.getCount() == 0) {
            return;
        }
        engine.resign();
        try {
            new CountDownLatch(1).await(RESIGN_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** TLS between engines: the server's identity with the pins of its peers, or key and trusted certificates in a PKCS#12 file. */
    private static LinkServer.Security security() throws IOException {
        String identity = System.getProperty("mainstay.mirror.identity");
        if (identity != null) {
            return new Tls(Path.of(identity), Path.of(System.getProperty("mainstay.mirror.pins")))::secure;
        }
        String file = System.getProperty("mainstay.mirror.tls");
        if (file == null) {
            return null;
        }
        String password = Files.readString(Path.of(System.getProperty("mainstay.mirror.tls.password")))
                .trim();
        return new Tls(Path.of(file), password.toCharArray())::secure;
    }

    private static void log(String line) {
        // The process's own output is the log; whoever starts it keeps that.
        System.err.printf("%12.3f %s%n", System.nanoTime() / 1e9, line);
    }

    private static void export(List<String> words) throws IOException, InterruptedException {
        boolean readOnly = words.contains("read-only");
        ExecutorService workers = Executors.newFixedThreadPool(16, MirrorEngineMain::daemon);
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(MirrorEngineMain::daemon);
        FileDisk disk = FileDisk.open(Path.of(words.get(1)), !readOnly);
        Export export = new DiskExport(new LocalIo(disk, workers, System.err::println, System::nanoTime), readOnly);
        Exports exports = new Exports() {
            @Override
            public Export find(String name) {
                return export;
            }

            @Override
            public List<String> names() {
                return List.of("");
            }
        };
        NbdServer server = new NbdServer(exports, NbdLimits.DEFAULT, new Buffers(64 << 20), timer, System.err::println);
        String where = words.get(2);
        if (where.lastIndexOf(':') > 0 && !where.contains("/")) {
            Tls tls = CertificateFiles.read(certificates(words)).tls();
            server.listen(EngineEnvironment.address(where), plain -> tls.secure(plain, false));
        } else {
            server.listen(Path.of(where));
        }
        System.out.println("ready");
        new CountDownLatch(1).await();
    }

    private static Path certificates(List<String> words) {
        return words.stream()
                .filter(word -> word.startsWith("tls="))
                .map(word -> Path.of(word.substring("tls=".length())))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "over TCP an export needs tls=FOLDER, with ca-cert.pem, server-cert.pem and server-key.pem"));
    }

    private static Thread daemon(Runnable body) {
        Thread thread = new Thread(body, "engine-worker");
        thread.setDaemon(true);
        return thread;
    }
}
