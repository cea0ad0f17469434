package org.mainstay.sim;

import java.util.PriorityQueue;

/**
 * Virtual time. Everything happens on one thread, in an order that the seed alone decides.
 *
 * <p>Heartbeats, leases and witnesses run on a time of their own that stands still while nothing disturbs them: a stretch in
 * which every lease is renewed in vain is not played but skipped. Whatever can change their course calls {@link #disturb} and
 * says for how long it may do so.
 */
final class Clockwork {
    private record Due(long at, long sequence, Runnable work) implements Comparable<Due> {
        @Override
        public int compareTo(Due other) {
            return at != other.at ? Long.compare(at, other.at) : Long.compare(sequence, other.sequence);
        }
    }

    private final PriorityQueue<Due> due = new PriorityQueue<>();
    private final PriorityQueue<Due> pulses = new PriorityQueue<>();
    private long now;
    private long skipped;
    private long awakeUntil;
    private long sequence;
    private long steps;

    /** Returns virtual time in milliseconds. */
    long now() {
        return now;
    }

    /** Returns the time of heartbeats, leases and witnesses. */
    long pulse() {
        return now - skipped;
    }

    long steps() {
        return steps;
    }

    void after(long millis, Runnable work) {
        due.add(new Due(now + Math.max(0, millis), sequence++, work));
    }

    /** As {@link #after}, on the time of heartbeats. */
    void pulseAfter(long millis, Runnable work) {
        pulses.add(new Due(pulse() + Math.max(0, millis), sequence++, work));
    }

    /** Heartbeats are played for so long from now on, at least. */
    void disturb(long millis) {
        awakeUntil = Math.max(awakeUntil, now + millis);
    }

    /** Time goes on; what of it lies after the last disturbance is left out for heartbeats. */
    private void advance(long to) {
        if (to > now) {
            skipped += Math.max(0, to - Math.max(awakeUntil, now));
            now = to;
        }
    }

    /** Does the next thing that is due before {@code end}; else sets the time to it. @return whether there was one */
    boolean step(long end) {
        long main = due.isEmpty() ? Long.MAX_VALUE : due.peek().at();
        long pulse = pulses.isEmpty() ? Long.MAX_VALUE : pulses.peek().at() + skipped;
        boolean beats = pulse <= Math.min(awakeUntil, Math.min(main, end));
        if (!beats && main > end) {
            advance(end);
            return false;
        }
        steps++;
        advance(beats ? pulse : main);
        Due next = beats ? pulses.remove() : due.remove();
        next.work().run();
        return true;
    }
}
