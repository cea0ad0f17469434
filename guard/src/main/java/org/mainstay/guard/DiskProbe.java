package org.mainstay.guard;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.mainstay.guard.util.StateFile;
import org.mainstay.guard.util.Ticker;
import org.mainstay.guard.util.Waiting;

/**
 * Writes a small file again and again, on a thread that does nothing else, to know whether the disk under {@code data/} still keeps
 * anything, and whether this process can still open a file. A disk that hangs is seen by that no write ends.
 */
final class DiskProbe {
    private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final StateFile file;
    private final Ticker ticker;
    private volatile long doneAt;
    private volatile long begunAt;
    private volatile boolean writing;
    private volatile String trouble = "";
    private volatile boolean closed;

    DiskProbe(StateFile file, Ticker ticker) {
        this.file = file;
        this.ticker = ticker;
        this.doneAt = ticker.nanos();
    }

    /** @param reader read along each time, by who may wait for the disk */
    void start(Runnable reader) {
        Thread thread = new Thread(() -> run(reader), "guard-disk-probe");
        thread.setDaemon(true);
        thread.start();
    }

    private void run(Runnable reader) {
        try {
            while (!closed) {
                reader.run();
                probe();
                Waiting.until(ticker, ticker.nanos() + EVERY_NANOS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Writes once. */
    void probe() {
        begunAt = ticker.nanos();
        writing = true;
        try {
            file.write(List.of("written again and again to see whether this disk works"));
            doneAt = ticker.nanos();
            trouble = "";
        } catch (IOException e) {
            trouble = e.toString();
        } finally {
            writing = false;
        }
    }

    /** Returns for how long nothing could be written, in milliseconds. */
    long failingMillis() {
        return TimeUnit.NANOSECONDS.toMillis(ticker.nanos() - doneAt);
    }

    /** Returns what the last try said, or that this one hangs. */
    String trouble() {
        boolean hangs = writing && ticker.nanos() - begunAt > EVERY_NANOS;
        return hangs || trouble.isEmpty() ? "a write to " + file + " does not end" : trouble;
    }

    void close() {
        closed = true;
    }
}
