package org.mainstay.guard.heartbeat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/** A lease that remembers what it is asked; its clock stands 1000 s before the ticker, to tell the two apart. */
final class FakeLease implements LeaseExchange {
    static final long BEHIND = 1_000_000;

    /** What was granted, to or by a peer. */
    record Granted(String peer, long at, int lease, int lossStop) {}

    final List<Granted> given = new CopyOnWriteArrayList<>();
    final List<Granted> got = new CopyOnWriteArrayList<>();
    private final LongSupplier clock;
    volatile boolean grants = true;
    int lease = 5000;
    int lossStop = 10_000;
    boolean without;
    Terms terms;
    final AtomicInteger turns = new AtomicInteger();

    FakeLease(LongSupplier clock) {
        this.clock = clock;
    }

    @Override
    public long turn() {
        turns.incrementAndGet();
        return 1000;
    }

    @Override
    public long now() {
        return clock.getAsLong() - BEHIND;
    }

    @Override
    public int leaseMillis() {
        return lease;
    }

    @Override
    public int lossStopMillis() {
        return lossStop;
    }

    @Override
    public boolean withoutLease() {
        return without;
    }

    @Override
    public void terms(String peer, Terms newTerms) {
        terms = newTerms;
    }

    @Override
    public boolean grant(String peer, long heardAt, int peerLease, int peerLossStop) {
        if (grants) {
            given.add(new Granted(peer, heardAt, peerLease, peerLossStop));
        }
        return grants;
    }

    @Override
    public void granted(String peer, long sentAt, int leaseThen, int lossStopThen) {
        got.add(new Granted(peer, sentAt, leaseThen, lossStopThen));
    }

    Granted lastGot() {
        return got.get(got.size() - 1);
    }

    Granted lastGiven() {
        return given.get(given.size() - 1);
    }
}
