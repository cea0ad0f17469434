package org.mainstay.mirror.engine;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.mainstay.mirror.engine.io.Buffers;
import org.mainstay.mirror.engine.io.DiskExport;
import org.mainstay.mirror.engine.io.Export;
import org.mainstay.mirror.engine.io.FileDisk;
import org.mainstay.mirror.engine.io.LocalIo;
import org.mainstay.mirror.engine.nbd.Exports;
import org.mainstay.mirror.engine.nbd.NbdLimits;
import org.mainstay.mirror.engine.nbd.NbdServer;

/** Runs the engine; PROTOCOL.md says how to start it. */
public final class MirrorEngineMain {
    private static final int BAD_ARGUMENT = 2;

    private MirrorEngineMain() {}

    /** @param arguments {@code export FILE SOCKET|HOST:PORT [read-only]}: serves one file without a mirror */
    public static void main(String[] arguments) throws Exception {
        List<String> words = List.of(arguments);
        if (words.size() >= 3 && words.get(0).equals("export")) {
            export(words);
            return;
        }
        System.err.println("usage: export FILE SOCKET|HOST:PORT [read-only]");
        System.exit(BAD_ARGUMENT);
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
        int colon = where.lastIndexOf(':');
        if (colon > 0 && !where.contains("/")) {
            int port = Integer.parseInt(where.substring(colon + 1));
            server.listen(new InetSocketAddress(where.substring(0, colon), port), null, false);
        } else {
            server.listen(Path.of(where));
        }
        System.out.println("ready");
        new CountDownLatch(1).await();
    }

    private static Thread daemon(Runnable body) {
        Thread thread = new Thread(body, "engine-worker");
        thread.setDaemon(true);
        return thread;
    }
}
