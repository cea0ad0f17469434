package org.mainstay.mirror.engine.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.mainstay.mirror.engine.io.Buffers;
import org.mainstay.mirror.engine.io.Wire;

/**
 * The answers of one connection on their way out, and the requests that are free. One thread writes at a time, as many
 * answers as there are with one call; others leave theirs to it. What a socket usually takes at once is written by the thread that
 * has it, as waking another costs more than that; more is written by a thread of the connection's own, so that neither taking
 * requests nor the storage's threads wait for a client that sends before it reads; who has nothing else to do writes all of it. A write that a client holds up too long ends the
 * connection ({@link NbdLimits#stalledWrite}).
 */
final class Replies {
    private static final int TOGETHER = 64;

    /** An empty socket takes that much, however small the system keeps it. */
    private static final int AT_ONCE_BYTES = 64 << 10;

    private final Wire wire;
    private final Buffers buffers;
    private final int most;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Condition handedOver = lock.newCondition();
    private final ArrayDeque<NbdRequest> done = new ArrayDeque<>();
    private final ArrayDeque<NbdRequest> free = new ArrayDeque<>();
    private final NbdRequest[] sending = new NbdRequest[TOGETHER];
    private final ByteBuffer[] parts = new ByteBuffer[TOGETHER];
    private int made;
    private boolean writing;
    private boolean broken;
    /** Made when it is needed first. */
    private Thread writer;
    /** How many of {@link #sending} wait for the writer. */
    private int handed;

    private boolean ended;
    private volatile long writingSince;

    /** @param most how many requests may be in flight */
    Replies(Wire wire, Buffers buffers, int most) {
        this.wire = wire;
        this.buffers = buffers;
        this.most = most;
    }

    /** Returns a free request; null if all are in flight and {@code wait} is false. */
    NbdRequest take(Transmission owner, boolean wait) {
        lock.lock();
        try {
            while (true) {
                NbdRequest request = free.pollLast();
                if (request != null) {
                    return request;
                }
                if (made < most) {
                    made++;
                    return new NbdRequest(owner);
                }
                if (!wait) {
                    return null;
                }
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Takes a request back that was never begun. */
    void untake(NbdRequest request) {
        lock.lock();
        try {
            free.addLast(request);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Adds an answer; {@link #flush} sends it. */
    void add(NbdRequest request) {
        lock.lock();
        try {
            done.addLast(request);
        } finally {
            lock.unlock();
        }
    }

    /** Sends what there is, unless another thread does it. @param mayWait whether the calling thread may wait for the client */
    void flush(boolean mayWait) {
        int count = next(0, mayWait);
        while (count > 0) {
            count = next(send(count), mayWait);
        }
    }

    /** Ends {@code sent} answers and returns how many this thread is to send now. */
    private int next(int sent, boolean mayWait) {
        lock.lock();
        try {
            for (int i = 0; i < sent; i++) {
                free.addLast(sending[i]);
                sending[i] = null;
            }
            if (sent > 0) {
                writing = false;
                changed.signalAll();
            }
            if (writing || done.isEmpty()) {
                return 0;
            }
            writing = true;
            int count = 0;
            long bytes = 0;
            while (count < TOGETHER && !done.isEmpty()) {
                NbdRequest request = done.pollFirst();
                sending[count] = request;
                parts[count] = request.reply();
                bytes += parts[count++].remaining();
            }
            if (bytes > AT_ONCE_BYTES && !mayWait) {
                handOver(count);
                return 0;
            }
            return count;
        } finally {
            lock.unlock();
        }
    }

    /** Lock held. */
    private void handOver(int count) {
        if (writer == null) {
            writer = new Thread(null, this::write, "nbd-answers", Readers.STACK_BYTES);
            writer.setDaemon(true);
            writer.start();
        }
        handed = count;
        handedOver.signal();
    }

    private void write() {
        int count = awaitHanded();
        while (count > 0) {
            count = next(send(count), true);
            if (count == 0) {
                count = awaitHanded();
            }
        }
    }

    /** Returns how many answers the writer is to send; 0: the connection has ended. */
    private int awaitHanded() {
        lock.lock();
        try {
            while (handed == 0 && !ended) {
                handedOver.awaitUninterruptibly();
            }
            int count = handed;
            handed = 0;
            return count;
        } finally {
            lock.unlock();
        }
    }

    private int send(int count) {
        if (!broken) {
            writingSince = System.nanoTime() | 1;
            try {
                wire.write(parts, count);
            } catch (IOException e) {
                // The reader of this connection sees it too, and ends it.
                broken = true;
                closeQuietly();
            }
            writingSince = 0;
        }
        for (int i = 0; i < count; i++) {
            parts[i] = null;
            sending[i].release(buffers);
        }
        return count;
    }

    private void closeQuietly() {
        try {
            wire.close();
        } catch (IOException e) {
            broken = true;
        }
    }

    /** The connection ends: waits until every request taken has been answered and the answers are sent. */
    void end() {
        lock.lock();
        try {
            while (free.size() < made) {
                changed.awaitUninterruptibly();
            }
            ended = true;
            handedOver.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Says how long the present write has taken, in nanoseconds; 0 if there is none. */
    long stalled(long now) {
        long since = writingSince;
        return since == 0 ? 0 : now - since;
    }
}
