package org.mainstay.mirror.engine.volume;

import java.util.concurrent.TimeUnit;

/**
 * Which blocks are marked besides the one that a change needs. A mark costs a forced write, which the change waits for: so a burst of
 * changes marks whole extents, and a stream what it comes to, before it is there. What is marked without need is sent after a crash, so
 * single changes mark their own blocks only, and extents are marked only while few blocks are. Used with the volume's lock held.
 */
final class MarkAhead {
    /** 4 MiB: of the first extents, and of the first step of a stream. */
    static final int EXTENT = 64;

    /** Extents have up to 32 MiB. */
    private static final int LARGEST_DOUBLED = 4;

    /** A stream's step is at most so many of the first. */
    private static final int LONGEST_STEPS = 16;
    /** So many changes that had to wait, each soon after the one before, are a burst; so many more, and extents are twice as large. */
    private static final int BURST = 4;

    private static final long SOON_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long SAME_STREAM_NANOS = TimeUnit.SECONDS.toNanos(2);
    /** Marking ahead never takes a larger part of the volume. */
    private static final int PART = 16;

    private final int size;
    private final int least;
    private final int largest;
    private final int longest;
    private final int most;
    private int burst;
    private long missed;
    /** Where the stream is, and where its marks end. */
    private int head;

    private int end;
    private int step;
    private long stepped;

    /**
     * @param size blocks of the volume
     * @param most no extents are marked beyond so many marked blocks
     */
    MarkAhead(int size, int most) {
        this(size, most, EXTENT);
    }

    /** @param least blocks of the smallest extent, and of the first step of a stream */
    MarkAhead(int size, int most, int least) {
        this.size = size;
        this.least = least;
        this.most = most;
        this.largest = Math.min(least << LARGEST_DOUBLED - 1, Integer.highestOneBit(Math.max(1, size / PART)));
        this.longest = Math.max(least, Math.min(LONGEST_STEPS * least, size / PART));
        this.step = least;
    }

    /** A change of [first, last) waits for its mark: marks it with what comes after it, or lies around it. */
    void miss(IntentLog log, int first, int last, long now) {
        burst = now - missed < SOON_NANOS ? burst + 1 : 0;
        missed = now;
        int extent = largest;
        if (burst < LARGEST_DOUBLED * BURST) {
            extent = Math.min(largest, least << Math.max(0, burst / BURST - 1));
        }
        if (first > 0 && log.covers(first - 1, first)) {
            boolean same = near(first) && now - stepped < SAME_STREAM_NANOS;
            step = same ? Math.min(2 * step, longest) : least;
            stepped = now;
            head = last;
            end = Math.min(size, last + step);
            log.mark(first, end);
        } else if (burst >= BURST && log.count() + extent <= most) {
            log.mark(first / extent * extent, ((last - 1) / extent + 1) * extent);
        } else {
            log.mark(first, last);
        }
    }

    /** A change of [first, last) did not wait. @return whether blocks were marked that a stream comes to soon */
    boolean hit(IntentLog log, int first, int last, long now) {
        if (step <= least || !near(first) || now - stepped >= SAME_STREAM_NANOS) {
            return false;
        }
        head = Math.max(head, last);
        if (end >= size || end - head >= step / 2) {
            return false;
        }
        int from = Math.max(end, head);
        step = Math.min(2 * step, longest);
        end = Math.min(size, from + step);
        stepped = now;
        if (log.covers(from, end)) {
            return false;
        }
        log.mark(from, end);
        return true;
    }

    /** Requests of a stream overtake each other. */
    private boolean near(int first) {
        return first >= head - least && first < Math.max(head, end) + least;
    }
}
