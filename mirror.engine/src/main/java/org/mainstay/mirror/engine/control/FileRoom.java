package org.mainstay.mirror.engine.control;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.mainstay.mirror.engine.io.Disk;
import org.mainstay.mirror.engine.io.SnapshotFile;
import org.mainstay.mirror.engine.volume.SnapshotRoom;

/** A file and threads of one snapshot. */
final class FileRoom implements SnapshotRoom {
    private static final int CLIENT_THREADS = 4;
    private static final long IDLE_SECONDS = 30;

    private final SnapshotFile file;
    private final ThreadPoolExecutor copier;
    private final ThreadPoolExecutor clients;

    /** @param folder the location; may hang */
    FileRoom(Path folder, long size, String name) throws IOException {
        file = SnapshotFile.in(folder, size);
        copier = threads(1, "snapshot-copy-" + name);
        clients = threads(CLIENT_THREADS, "snapshot-" + name);
    }

    private static ThreadPoolExecutor threads(int count, String name) {
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                count, count, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), body -> {
                    Thread thread = new Thread(body, name);
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    @Override
    public Disk file() {
        return file;
    }

    @Override
    public Executor copier() {
        return copier;
    }

    @Override
    public Executor clients() {
        return clients;
    }

    @Override
    public void close() throws IOException {
        // Threads at work are not interrupted: that would close the volume under the target.
        copier.shutdown();
        clients.shutdown();
        file.close();
    }
}
