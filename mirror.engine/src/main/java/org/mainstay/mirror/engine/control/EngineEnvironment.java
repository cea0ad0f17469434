package org.mainstay.mirror.engine.control;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.mainstay.mirror.engine.io.Buffers;
import org.mainstay.mirror.engine.io.SocketWire;
import org.mainstay.mirror.engine.io.Wire;
import org.mainstay.mirror.engine.link.LinkHandler;
import org.mainstay.mirror.engine.link.LinkServer;
import org.mainstay.mirror.engine.link.SocketLink;
import org.mainstay.mirror.engine.volume.Environment;

/** Real threads, time and network for volumes. */
public final class EngineEnvironment implements Environment, AutoCloseable {
    /** Of each volume: one whose disk hangs keeps them all, so no two volumes share any. */
    static final int STORAGE_THREADS = 16;

    private static final long DIAL_MILLIS = 10_000;

    private final ExecutorService jobs;
    private final ScheduledThreadPoolExecutor timer;
    private final SecureRandom random = new SecureRandom();
    private final Buffers buffers;
    private final Buffers queueBuffers;
    private final LinkServer.Security security;
    private final Consumer<String> log;
    private final long dialMillis;
    private volatile Consumer<Throwable> fatal = error -> {};
    private final BootClock boot = new BootClock();
    private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();

    /**
     * @param memory bytes of data that may be on its way
     * @param security for connections to other engines; null: none
     */
    public EngineEnvironment(long memory, LinkServer.Security security, Consumer<String> log) {
        this(memory, security, log, DIAL_MILLIS);
    }

    /** @param dialMillis how long connecting, and introducing each other in TLS, may take */
    EngineEnvironment(long memory, LinkServer.Security security, Consumer<String> log, long dialMillis) {
        this.dialMillis = dialMillis;
        this.buffers = new Buffers(memory);
        this.queueBuffers = new Buffers(memory, memory / 4);
        this.security = security;
        this.log = log;
        // Jobs may wait for the disk or the network: each gets a thread, so that none waits for another.
        this.jobs = new ThreadPoolExecutor(
                2, Integer.MAX_VALUE, 30, TimeUnit.SECONDS, new SynchronousQueue<>(), r -> thread(r, "engine-job"));
        this.timer = new ScheduledThreadPoolExecutor(1, r -> thread(r, "engine-timer"));
        timer.setRemoveOnCancelPolicy(true);
    }

    private static final AtomicInteger NUMBER = new AtomicInteger();

    private static Thread thread(Runnable body, String name) {
        Thread thread = new Thread(body, name + "-" + NUMBER.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    }

    /**
     * Makes where slow requests to the disk of one volume run. Threads end when there is nothing to do. What comes after it was shut down
     * is run at once: the closed disk refuses it, and so it is answered.
     *
     * @param volume its name
     */
    static ExecutorService storage(String volume) {
        ThreadPoolExecutor storage = new ThreadPoolExecutor(
                STORAGE_THREADS,
                STORAGE_THREADS,
                30,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                r -> thread(r, "engine-storage-" + volume),
                (job, ended) -> job.run());
        storage.allowCoreThreadTimeOut(true);
        return storage;
    }

    /** Returns the timer; its jobs must not wait. */
    public ScheduledExecutorService timer() {
        return timer;
    }

    /** Adds who is told of events. @return removes it again */
    public Runnable listen(Consumer<String> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public void run(Runnable job) {
        try {
            jobs.execute(() -> guarded(job));
        } catch (RejectedExecutionException e) {
            log.accept("the engine ends: a job was not begun");
        } catch (OutOfMemoryError e) {
            // No thread: whoever called, a timer among them, would be told and forget it.
            log.accept("ERROR a job could not be begun: " + e.getMessage());
            fatal.accept(e);
            throw e;
        }
    }

    private void guarded(Runnable job) {
        try {
            job.run();
        } catch (RuntimeException | Error e) {
            StringBuilder text = new StringBuilder("ERROR a defect: " + e);
            for (StackTraceElement element : e.getStackTrace()) {
                text.append("\n    at ").append(element);
            }
            log.accept(text.toString());
            if (e instanceof Error) {
                fatal.accept(e);
            }
        }
    }

    /** Sets who is told that a job ended without memory or threads: whatever it was to do is left undone for ever. */
    void onFatal(Consumer<Throwable> told) {
        fatal = told;
    }

    @Override
    public void after(long millis, Runnable job) {
        try {
            timer.schedule(() -> run(job), millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            log.accept("the engine ends: a timer was not set");
        }
    }

    @Override
    public long nanos() {
        return System.nanoTime();
    }

    @Override
    public long bootNanos() {
        return boot.nanos();
    }

    @Override
    public long newGeneration() {
        long id = random.nextLong();
        return id == 0 ? newGeneration() : id;
    }

    @Override
    public Buffers buffers() {
        return buffers;
    }

    @Override
    public Buffers queueBuffers() {
        return queueBuffers;
    }

    @Override
    public void dial(String address, LinkHandler handler, Dialed connected) {
        run(() -> {
            SocketLink link;
            List<Future<?>> limit = new ArrayList<>();
            try {
                Wire plain = SocketWire.connect(address(address), channel -> limit.add(limited(channel)));
                link = new SocketLink(security == null ? plain : security.secure(plain, true));
            } catch (IOException | RuntimeException e) {
                connected.done(null, address + ": " + e.getMessage());
                return;
            } finally {
                limit.forEach(one -> one.cancel(false));
            }
            connected.done(link, null);
            link.start(handler);
            link.kick();
        });
    }

    private Future<?> limited(SocketChannel channel) {
        return timer.schedule(
                () -> {
                    try {
                        channel.close();
                    } catch (IOException e) {
                        log.accept("a connection that took too long could not be closed: " + e.getMessage());
                    }
                },
                dialMillis,
                TimeUnit.MILLISECONDS);
    }

    /** Returns HOST:PORT as an address; host {@code *}: all of this machine. @throws IllegalArgumentException if it is none */
    public static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        if (colon <= 0) {
            throw new IllegalArgumentException("'" + text + "' is not HOST:PORT");
        }
        String host = text.substring(0, colon);
        if (host.equals("*")) {
            return new InetSocketAddress(Integer.parseInt(text.substring(colon + 1)));
        }
        String plain = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
        return new InetSocketAddress(plain, Integer.parseInt(text.substring(colon + 1)));
    }

    @Override
    public void log(String line) {
        log.accept(line);
    }

    @Override
    public void event(String line) {
        listeners.forEach(listener -> listener.accept(line));
    }

    @Override
    public void close() {
        timer.shutdownNow();
        jobs.shutdown();
    }
}
