package org.mainstay.core.internal.node;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.mainstay.core.internal.run.Threads;

/**
 * Looks at the commit that the loop's thread is in, from a thread of its own: a disk that hangs must be seen while it hangs.
 */
final class DiskWatch implements AutoCloseable {
    private static final long LOOK_MILLIS = 100;

    /** Who is told, on the watching thread; must not touch the disk. */
    interface Listener {
        /** A commit has been under way for so long; about ten times per second while it lasts, and 0 once when it is over. */
        void committing(long ageMillis);
    }

    private final ScheduledExecutorService thread =
            Executors.newSingleThreadScheduledExecutor(Threads.named("mainstay-core-disk"));
    private final Listener listener;
    private final long made = System.nanoTime();
    /** When the commit under way began, on the clock of {@link #now}; 0 if there is none. */
    private volatile long began;

    private long told;

    DiskWatch(Listener listener) {
        this.listener = listener;
    }

    synchronized void start() {
        if (thread.isShutdown()) {
            // closed before it began
            return;
        }
        thread.scheduleWithFixedDelay(
                Threads.kept("the watch of the disk", this::look), LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** The loop's thread begins a commit. */
    void begin() {
        began = now();
    }

    /** It is over. @return how many milliseconds it took */
    long end() {
        long took = now() - began;
        began = 0;
        return TimeUnit.NANOSECONDS.toMillis(took);
    }

    /** Returns the age of the commit that is under way in milliseconds; 0 if there is none. */
    long ageMillis() {
        long since = began;
        return since == 0 ? 0 : Math.max(1, TimeUnit.NANOSECONDS.toMillis(now() - since));
    }

    /** Returns nanoseconds since this was made, 1 or more. */
    private long now() {
        return Math.max(1, System.nanoTime() - made);
    }

    private void look() {
        long age = ageMillis();
        // What takes no time is no news.
        if (age > LOOK_MILLIS || told > 0) {
            told = age > LOOK_MILLIS ? age : 0;
            listener.committing(told);
        }
    }

    @Override
    public synchronized void close() {
        thread.shutdownNow();
    }
}
