package org.mainstay.mirror.engine.nbd;

import java.io.IOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.mainstay.mirror.engine.io.Wire;

/**
 * Leader and follower: the threads of a connection that take turns at reading it. Whoever has read something slow lets the other one
 * read on and carries it out himself, so that nobody has to be woken before the work begins, and what follows does not wait for it. The
 * follower is made when it is wanted first. Thread-safe.
 */
final class Readers {
    static final int STACK_BYTES = 256 << 10;

    /** What the leader does. */
    @FunctionalInterface
    interface Reading {
        /** Reads until the connection has ended, or this thread does not lead any more. */
        void lead() throws IOException;
    }

    private final Wire wire;
    private final Reading reading;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Thread first = Thread.currentThread();
    private volatile Thread leader = first;
    private volatile Thread second;
    private Thread idle;
    private boolean ended;
    private boolean secondRuns;
    private Throwable failure;

    /** To be made by the thread that calls {@link #run}. */
    Readers(Wire wire, Reading reading) {
        this.wire = wire;
        this.reading = reading;
    }

    /** Reads the connection to its end. Returns when the other thread has done what it had read, too. */
    void run() throws IOException {
        turns();
        lock.lock();
        try {
            while (secondRuns) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
        if (failure instanceof IOException e) {
            throw e;
        } else if (failure instanceof RuntimeException e) {
            throw e;
        } else if (failure instanceof Error e) {
            throw e;
        }
    }

    /** Says whether the calling thread reads the connection. */
    boolean leads() {
        return Thread.currentThread() == leader;
    }

    /** Says whether the calling thread is one of the connection's own that does not read it now. */
    boolean aside() {
        Thread self = Thread.currentThread();
        return self != leader && (self == first || self == second);
    }

    /** Lets the other thread read on. @return false: it is not free, and the calling thread reads on as before */
    boolean stepAside() {
        lock.lock();
        try {
            if (ended || !leads()) {
                return false;
            }
            if (idle == null) {
                begin();
                return false;
            }
            leader = idle;
            idle = null;
            changed.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Lock held. */
    private void begin() {
        if (second != null) {
            return;
        }
        Thread made = new Thread(null, this::follow, "nbd-client-2", STACK_BYTES);
        made.setDaemon(true);
        try {
            made.start();
            second = made;
            secondRuns = true;
        } catch (OutOfMemoryError e) {
            // The system has no thread for it: slow requests are left to workers, as without a follower.
            second = null;
        }
    }

    private void follow() {
        try {
            turns();
        } finally {
            lock.lock();
            try {
                secondRuns = false;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private void turns() {
        while (awaitTurn()) {
            try {
                reading.lead();
                if (leads()) {
                    end(null);
                }
            } catch (IOException | RuntimeException | Error e) {
                end(e);
            }
        }
    }

    /** @return false: the connection has ended */
    private boolean awaitTurn() {
        lock.lock();
        try {
            while (!ended && !leads()) {
                idle = Thread.currentThread();
                changed.awaitUninterruptibly();
            }
            return !ended;
        } finally {
            lock.unlock();
        }
    }

    private void end(Throwable why) {
        lock.lock();
        try {
            ended = true;
            if (failure == null) {
                failure = why;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (!leads()) {
            close();
        }
    }

    /** The other thread reads, and does not know yet that it is over. */
    private void close() {
        try {
            wire.close();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }
}
