package org.mainstay.guard.util;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The guard's log file. Callers never wait for the disk: lines go through a bounded queue to a thread of its own, and what
 * does not fit is counted and said later. Thread-safe.
 */
public final class Log implements AutoCloseable {
    private static final int QUEUED = 2000;
    private static final long MAXIMUM_BYTES = 4L << 20;

    private final Path file;
    private final BlockingQueue<Object> queue = new ArrayBlockingQueue<>(QUEUED);
    private final AtomicLong dropped = new AtomicLong();
    private final Thread writer;

    /** @param file where to write; renamed to {@code FILE.1} when it holds 4 MiB */
    public Log(Path file) {
        this.file = file;
        this.writer = new Thread(this::writeAll, "guard-log");
        writer.setDaemon(true);
        writer.start();
    }

    /** Says that a state changed. */
    public void info(String text) {
        add("INFO  " + text);
    }

    /** Says that something is wrong that the guard can live with. */
    public void warn(String text) {
        add("WARN  " + text);
    }

    /** Says that something the guard promises is not kept. */
    public void error(String text) {
        add("ERROR " + text);
    }

    /** As {@link #error(String)}, with the place of a defect. */
    public void error(String text, Throwable cause) {
        StringBuilder all = new StringBuilder(text).append(": ").append(cause);
        for (StackTraceElement element : cause.getStackTrace()) {
            all.append("\n    at ").append(element);
        }
        error(all.toString());
    }

    private void add(String line) {
        if (!queue.offer(SystemClock.now() + " " + line)) {
            dropped.incrementAndGet();
        }
    }

    /** Waits until what was logged so far is written, two seconds at the most. */
    public void flush() throws InterruptedException {
        CountDownLatch written = new CountDownLatch(1);
        if (queue.offer(written, 1, TimeUnit.SECONDS) && !written.await(2, TimeUnit.SECONDS)) {
            dropped.incrementAndGet();
        }
    }

    @Override
    public void close() throws InterruptedException {
        flush();
        writer.interrupt();
    }

    private void writeAll() {
        try {
            while (true) {
                Object next = queue.take();
                if (next instanceof CountDownLatch) {
                    ((CountDownLatch) next).countDown();
                } else {
                    write(next.toString());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(String line) {
        long lost = dropped.getAndSet(0);
        String text = lost == 0 ? line : line + "\n(" + lost + " lines before this one are lost)";
        try {
            if (Files.exists(file) && Files.size(file) > MAXIMUM_BYTES) {
                Files.move(file, file.resolveSibling(file.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
            }
            Files.write(
                    file,
                    (text + "\n").getBytes(StandardCharsets.UTF_8),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            // A full disk must not stop the guard; the count is said once there is room again.
            dropped.addAndGet(lost + 1);
        }
    }
}
