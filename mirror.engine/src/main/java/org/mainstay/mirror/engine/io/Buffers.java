package org.mainstay.mirror.engine.io;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Direct buffers for data, kept and used again, within a bound on what is out at one time. Sizes are powers of two plus
 * {@link #EXTRA} bytes for a header. Thread-safe.
 */
public final class Buffers {
    /** Room for a header beside a power of two of data. */
    public static final int EXTRA = 64;

    private static final int SMALLEST_SHIFT = 12;
    private static final int CLASSES = 14;

    private final long limit;
    private final long kept;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition returned = lock.newCondition();
    private final ArrayDeque<ByteBuffer>[] idle;
    private long out;
    private long cached;

    /** @param limit bytes that may be out at one time, and kept while idle, each */
    public Buffers(long limit) {
        this(limit, limit);
    }

    /** @param kept bytes that may be kept while idle */
    @SuppressWarnings("unchecked")
    public Buffers(long limit, long kept) {
        this.limit = limit;
        this.kept = kept;
        this.idle = new ArrayDeque[CLASSES];
        for (int i = 0; i < CLASSES; i++) {
            idle[i] = new ArrayDeque<>();
        }
    }

    /** Returns the largest size that can be asked for. */
    public static int largest() {
        return (1 << (SMALLEST_SHIFT + CLASSES - 1)) + EXTRA;
    }

    /** Returns a cleared buffer of at least {@code size} bytes, or null when the bound is reached. */
    public ByteBuffer tryTake(int size) {
        return take(size, false);
    }

    /** As {@link #tryTake}, but waits until others give buffers back. The caller must hold none that only it can return. */
    public ByteBuffer take(int size) {
        return take(size, true);
    }

    /** As {@link #tryTake}, beyond the bound if need be: for callers that have a bound of their own and must not wait. */
    public ByteBuffer takeBeyond(int size) {
        ByteBuffer buffer = take(size, false);
        if (buffer != null) {
            return buffer;
        }
        int bytes = (1 << (kind(size) + SMALLEST_SHIFT)) + EXTRA;
        lock.lock();
        try {
            out += bytes;
        } finally {
            lock.unlock();
        }
        return allocate(bytes);
    }

    private ByteBuffer take(int size, boolean wait) {
        int kind = kind(size);
        int bytes = (1 << (kind + SMALLEST_SHIFT)) + EXTRA;
        lock.lock();
        try {
            // One is always given, however large: a bound below the largest request must not stop everything.
            while (out > 0 && out + bytes > limit) {
                if (!wait) {
                    return null;
                }
                returned.awaitUninterruptibly();
            }
            out += bytes;
            ByteBuffer buffer = idle[kind].pollLast();
            if (buffer != null) {
                cached -= bytes;
                return buffer.clear();
            }
        } finally {
            lock.unlock();
        }
        return allocate(bytes);
    }

    private ByteBuffer allocate(int bytes) {
        boolean done = false;
        try {
            ByteBuffer buffer = ByteBuffer.allocateDirect(bytes);
            done = true;
            return buffer;
        } finally {
            if (!done) {
                forget(bytes);
            }
        }
    }

    /** Gives a buffer back; nobody may use it afterwards. */
    public void give(ByteBuffer buffer) {
        int bytes = buffer.capacity();
        lock.lock();
        try {
            if (cached + bytes <= kept) {
                cached += bytes;
                idle[kind(bytes)].addLast(buffer);
            }
            out -= bytes;
            returned.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void forget(int bytes) {
        lock.lock();
        try {
            out -= bytes;
            returned.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Returns how many bytes may be out at one time. */
    public long limit() {
        return limit;
    }

    /** Returns how many bytes are out now. */
    public long inUse() {
        lock.lock();
        try {
            return out;
        } finally {
            lock.unlock();
        }
    }

    private static int kind(int size) {
        if (size > largest()) {
            throw new IllegalArgumentException("a buffer of " + size + " bytes; the largest is " + largest());
        }
        int data = Math.max(1 << SMALLEST_SHIFT, size - EXTRA);
        return Math.max(0, 32 - Integer.numberOfLeadingZeros(data - 1) - SMALLEST_SHIFT);
    }
}
