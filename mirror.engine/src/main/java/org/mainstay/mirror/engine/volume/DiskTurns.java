package org.mainstay.mirror.engine.volume;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/**
 * Who may use the disk of a target: one session at a time, while it changes or compares. A disk that hangs holds up who comes next, but
 * nobody who holds the volume's lock waits for it: a turn is taken before that lock. Thread-safe, but for {@link #settle}.
 */
final class DiskTurns {
    /** Of {@link #settle}: the disk has not ended in time. */
    static final int HANGS = -1;

    /** How soon somebody who waits in vain sees that his time is over. */
    private static final long LOOK_MILLIS = 100;

    private final ReentrantLock lock = new ReentrantLock();
    /** The flush of {@link #settle}; one that hangs is waited for, not joined by others. */
    private FutureTask<Integer> flushing;

    /**
     * Waits for the disk, until it is over: who hangs behind the disk would keep his connection's place and memory.
     *
     * @return whether it is the caller's turn, who has to {@link #give} it back; false: it was over before
     */
    boolean take(BooleanSupplier over) {
        try {
            while (!over.getAsBoolean()) {
                if (lock.tryLock(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                    return true;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return false;
    }

    void give() {
        lock.unlock();
    }

    boolean busy() {
        return lock.isLocked();
    }

    /**
     * Waits until nobody uses the disk any more, and then for its flush. One thread at a time.
     *
     * @param millis for both together
     * @return 0, the error of the flush, or {@link #HANGS}: whatever ends later is of no consequence
     */
    int settle(long millis, IntSupplier flush) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        try {
            if (!lock.tryLock(millis, TimeUnit.MILLISECONDS)) {
                return HANGS;
            }
            lock.unlock();
            if (flushing != null) {
                // It began before what was taken since: when it has ended, another one is needed.
                flushing.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
            }
            flushing = new FutureTask<>(flush::getAsInt);
            Thread thread = new Thread(flushing, "mirror-flush");
            thread.setDaemon(true);
            thread.start();
            int error = flushing.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
            flushing = null;
            return error;
        } catch (TimeoutException e) {
            return HANGS;
        } catch (ExecutionException e) {
            flushing = null;
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e.getCause() instanceof RuntimeException defect ? defect : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return HANGS;
        }
    }
}
