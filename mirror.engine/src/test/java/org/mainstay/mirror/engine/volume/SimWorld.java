package org.mainstay.mirror.engine.volume;

import java.util.PriorityQueue;
import java.util.Random;

/** Time, chance and the order of events of a simulated pair of engines: one thread, one seed. */
final class SimWorld {
    /** A machine died inside this call. */
    static final class Crash extends Error {
        private static final long serialVersionUID = 1L;

        Crash() {
            super("simulated crash", null, false, false);
        }
    }

    private record Event(long at, long order, Runnable job) {}

    final Random random;
    boolean partitioned;
    /** Frames that get lost. */
    java.util.function.Predicate<org.mainstay.mirror.engine.link.FrameType> lost = type -> false;
    /** Where it is kept that frames have left; null: they leave at once. */
    java.util.List<Runnable> leaving;
    /** How long the network takes for each frame, in nanoseconds. */
    long perFrame;

    final StringBuilder trace = new StringBuilder();
    private final PriorityQueue<Event> events = new PriorityQueue<>((a, b) -> {
        int byTime = Long.compare(a.at, b.at);
        return byTime != 0 ? byTime : Long.compare(a.order, b.order);
    });
    private long now;
    private long order;

    SimWorld(long seed) {
        random = new Random(seed);
    }

    long now() {
        return now;
    }

    void at(long delayNanos, Runnable job) {
        events.add(new Event(now + Math.max(0, delayNanos), order++, job));
    }

    /** Runs everything due in the next {@code millis}. */
    void run(long millis) {
        runNanos(millis * 1_000_000);
    }

    void runNanos(long nanos) {
        long end = now + nanos;
        while (!events.isEmpty() && events.peek().at <= end) {
            Event event = events.poll();
            now = event.at;
            event.job.run();
        }
        // Time may have passed in an event.
        now = Math.max(now, end);
    }

    void say(String line) {
        trace.append(now / 1_000_000).append(' ').append(line).append('\n');
        if (trace.length() > 400_000) {
            trace.delete(0, 200_000);
        }
    }
}
