package org.mainstay.mirror.engine.volume;

import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * For how long a snapshot may hold up one connection of the source (SNAP-054). Counted is what keeping old blocks took since that ping was
 * sent which the source answered last: answers come in order with its data, so no change it waits for is older. The source gives a
 * target up whose oldest unanswered change is older than four times the silence, or that is many changes behind; a snapshot has to stay far
 * below that, as changes wait for other reasons too. Thread-safe.
 */
final class HoldUp {
    private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** The source is told so often how far the target is, while that is held up for the longest time it may be. */
    private static final int TOLD_PART = 8;
    /** So many pings on their way are known; the answers of further ones say nothing. */
    private static final int PINGS = 256;

    private record Ping(long sent, long spent) {}

    private final long most;
    private final BooleanSupplier over;
    private final Runnable alive;
    private final ArrayDeque<Ping> pings = new ArrayDeque<>();
    private long spent;
    private long base;
    private long told;

    /**
     * @param silence after which the source gives a silent target up, in nanoseconds
     * @param now the time, in nanoseconds
     * @param over whether nobody needs the change any more that waits
     * @param alive run now and then while blocks are kept
     */
    HoldUp(long silence, long now, BooleanSupplier over, Runnable alive) {
        this.told = now;
        this.most = Math.min(MOST_NANOS, silence / 2);
        this.over = over;
        this.alive = alive;
    }

    /** Returns the bound, in nanoseconds. */
    long most() {
        return most;
    }

    boolean over() {
        return over.getAsBoolean();
    }

    void alive() {
        alive.run();
    }

    /** Says whether the source has to be told how far the target is: it counts what it has not heard of. */
    synchronized boolean due(long now) {
        boolean due = now - told > most / TOLD_PART;
        told = due ? now : told;
        return due;
    }

    /** Keeping blocks took so long. */
    synchronized void spend(long nanos) {
        spent += nanos;
    }

    /** Says whether that, and so much more, is too long. */
    synchronized boolean tooLong(long nanos) {
        return spent - base + nanos > most;
    }

    /** A ping leaves. */
    synchronized void asked(long sent) {
        if (pings.size() < PINGS) {
            pings.addLast(new Ping(sent, spent));
        }
    }

    /** The answer to a ping has come, and all the source had sent before. */
    synchronized void answered(long sent) {
        while (!pings.isEmpty() && pings.peekFirst().sent <= sent) {
            base = pings.pollFirst().spent;
        }
    }
}
