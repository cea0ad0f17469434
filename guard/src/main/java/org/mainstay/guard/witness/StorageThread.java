package org.mainstay.guard.witness;

import java.io.IOException;
import java.util.Optional;
import org.mainstay.guard.lease.BootClock;
import org.mainstay.guard.util.Waiting;

/**
 * Writes or reads one QWK object, again and again, on a thread of its own: a file server that no longer answers stops this thread and
 * nothing else. Thread-safe.
 */
final class StorageThread implements AutoCloseable {
    private static final int TORN_READS = 3;
    private static final long TORN_PAUSE_MILLIS = 50;

    private final String server;
    private final int index;
    private final String location;
    private final ObjectStore store;
    private final BootClock clock;
    private final Owner owner;
    private final Thread thread;

    private boolean closed;
    private boolean awake;
    private long callSince = Long.MIN_VALUE;
    private long toldAt = Long.MIN_VALUE;

    /** What a check found: an object, or why there is none that can be trusted. */
    record Look(long startedAt, long endedAt, SignOfLife object, Problem flaw, boolean check) {}

    /** For whom it works. Returns at once; called without locks of this class. */
    interface Owner {
        boolean own(String server);

        /** Returns the next content of the own object, given the present one. @throws IOException if that is not this server's */
        byte[] toWrite(String location, byte[] found) throws IOException;

        /** The own object was written. */
        void written(String location, long startedAt);

        /** A call failed. */
        void failed(String server, int index, String location, Problem problem);

        /** A peer's object was looked at. */
        void found(String server, int index, Look look);

        /** Returns the ms between two checks. */
        long interval();

        /** Returns the ms until the next call. */
        long pause(boolean failed);
    }

    StorageThread(String server, int index, String location, ObjectStore store, BootClock clock, Owner owner) {
        this.server = server;
        this.index = index;
        this.location = location;
        this.store = store;
        this.clock = clock;
        this.owner = owner;
        this.thread = new Thread(this::run, "witness-" + server + (index == 0 ? "" : "-" + index));
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    String server() {
        return server;
    }

    int index() {
        return index;
    }

    String location() {
        return location;
    }

    /** Lets the next call be made soon. */
    synchronized void wake() {
        awake = true;
        notifyAll();
    }

    /** Returns what is wrong if a call has been under way for so long, once for each such time that has passed. */
    synchronized Optional<Problem> hungSince(long now, long limit) {
        boolean told = toldAt != Long.MIN_VALUE && now - toldAt < limit;
        if (callSince == Long.MIN_VALUE || now - callSince < limit || told) {
            return Optional.empty();
        }
        toldAt = now;
        return Optional.of(new Problem(Problem.LATE, location + " does not answer"));
    }

    private void run() {
        boolean mine = owner.own(server);
        long checkedAt = Long.MIN_VALUE;
        try {
            while (!isClosed()) {
                long began = clock.millis();
                boolean check = checkedAt == Long.MIN_VALUE || began - checkedAt >= owner.interval() * 9 / 10;
                boolean failed = mine ? !write() : !read(check);
                if (check && !failed) {
                    checkedAt = began;
                }
                pause(began, failed);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean write() throws InterruptedException {
        boolean writing = false;
        try {
            byte[] found = call(() -> store.read(location));
            byte[] next = owner.toWrite(location, found);
            long startedAt = clock.millis();
            writing = true;
            call(() -> {
                store.write(location, next, false);
                return null;
            });
            owner.written(location, startedAt);
            return true;
        } catch (ObjectStore.AbsentException e) {
            owner.failed(
                    server,
                    index,
                    location,
                    new Problem(Problem.ABSENT, location + " does not exist; is the file system mounted?"));
            return false;
        } catch (IOException | RuntimeException e) {
            owner.failed(server, index, location, Problem.of(e, location, writing));
            return false;
        }
    }

    private boolean read(boolean check) throws InterruptedException {
        long startedAt = clock.millis();
        try {
            Problem flaw = null;
            for (int i = 0; i < TORN_READS; i++) {
                startedAt = clock.millis();
                try {
                    SignOfLife object = SignOfLife.decode(call(() -> store.read(location)));
                    owner.found(server, index, new Look(startedAt, clock.millis(), object, null, check));
                    return true;
                } catch (SignOfLife.DamagedException e) {
                    // Perhaps read while it was written.
                    flaw = new Problem(e.number(), location + ": " + e.getMessage());
                    Waiting.until(System::nanoTime, System.nanoTime() + TORN_PAUSE_MILLIS * 1_000_000);
                }
            }
            owner.found(server, index, new Look(startedAt, clock.millis(), null, flaw, check));
            return true;
        } catch (ObjectStore.AbsentException e) {
            owner.found(
                    server,
                    index,
                    new Look(startedAt, clock.millis(), null, new Problem(Problem.ABSENT, e.getMessage()), check));
            return true;
        } catch (IOException | RuntimeException e) {
            owner.failed(server, index, location, Problem.of(e, location, false));
            return false;
        }
    }

    private interface Call {
        byte[] get() throws IOException, InterruptedException;
    }

    private byte[] call(Call call) throws IOException, InterruptedException {
        synchronized (this) {
            callSince = clock.millis();
        }
        try {
            return call.get();
        } finally {
            synchronized (this) {
                callSince = Long.MIN_VALUE;
                toldAt = Long.MIN_VALUE;
            }
        }
    }

    /** Waits for the interval from the start of the call, or for somebody who wants it sooner. */
    private void pause(long began, boolean failed) throws InterruptedException {
        long wanted = owner.pause(failed);
        synchronized (this) {
            long left = began + wanted - clock.millis();
            while (!closed && !awake && left > 0) {
                wait(Math.min(left, 200));
                left = began + wanted - clock.millis();
            }
            awake = false;
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /** Waits until the call that was under way has ended, so long at the most. Only after {@link #close}. */
    void awaitEnd(long millis) throws InterruptedException {
        thread.join(millis);
    }

    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }
}
