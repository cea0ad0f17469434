package org.mainstay.core.internal.node;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One-shot timers of the decision core, by id, on the monotonic clock. Thread-safe. */
final class Timers {
    private static final Logger LOG = LoggerFactory.getLogger(Timers.class);

    private final ScheduledExecutorService scheduler;
    private final Consumer<Fired> sink;
    private final Map<String, Entry> running = new HashMap<>();
    private long counter;

    /** A timer went off; it counts only if {@link Timers#take} still knows it when its turn comes in the queue. */
    record Fired(String id, long number) {}

    private record Entry(long number, ScheduledFuture<?> future) {}

    Timers(ScheduledExecutorService scheduler, Consumer<Fired> sink) {
        this.scheduler = scheduler;
        this.sink = sink;
    }

    /** Starts or restarts a timer. */
    synchronized void start(String id, long millis) {
        cancel(id);
        Fired fired = new Fired(id, ++counter);
        running.put(
                id,
                new Entry(
                        fired.number(),
                        scheduler.schedule(() -> sink.accept(fired), Math.max(0, millis), TimeUnit.MILLISECONDS)));
    }

    /** Does something later, unless the runtime has ended by then. */
    void later(long millis, Runnable what) {
        try {
            scheduler.schedule(what, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("dropped, the runtime ends", e);
        }
    }

    synchronized void cancel(String id) {
        Entry entry = running.remove(id);
        if (entry != null) {
            entry.future().cancel(false);
        }
    }

    /** Returns whether the timer still counts, that is was neither cancelled nor restarted since it went off; then it is over. */
    synchronized boolean take(Fired fired) {
        Entry entry = running.get(fired.id());
        if (entry == null || entry.number() != fired.number()) {
            return false;
        }
        running.remove(fired.id());
        return true;
    }

    synchronized void cancelAll() {
        running.values().forEach(entry -> entry.future().cancel(false));
        running.clear();
    }
}
