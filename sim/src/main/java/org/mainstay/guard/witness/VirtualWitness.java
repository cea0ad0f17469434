package org.mainstay.guard.witness;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.mainstay.guard.lease.BootClock;
import org.mainstay.guard.lease.Witness;

/**
 * A witness of the simulation: the real judges on objects that exist in memory only. Storage: one object per server, written
 * and read once per beat. etcd: one key per server that ends with its lease.
 */
public final class VirtualWitness implements Witness {
    private static final UUID CLUSTER = new UUID(1, 1);
    private static final long AGAIN = 1_000;

    /** What all servers share. */
    public static final class Store {
        private final Map<String, SignOfLife> objects = new HashMap<>();
        private final Map<String, Long> revisions = new HashMap<>();
        private final Map<String, Long> ends = new HashMap<>();
        private long revision;
    }

    /** The way from one server to it. */
    public interface Way {
        /** Returns whether requests are answered now. */
        boolean reaches();

        /** Returns how long a request takes now, milliseconds. */
        long latency();

        /** Returns the time there, milliseconds. */
        long serverTime();

        /** Does something later on the guard of this server, if that still exists. @param millis of its own clock */
        void after(long millis, Runnable work);
    }

    private final Store store;
    private final BootClock clock;
    private final Way way;
    private final boolean etcd;
    private final long beat;
    private final int checks;
    private final long incarnation;
    private final Map<String, PeerJudge> judges = new TreeMap<>();
    private final Map<String, KeyWatch> watches = new TreeMap<>();
    private Settings settings;
    private Telling telling;
    private long sequence;
    private boolean closed;
    private boolean usable;
    private int failures;

    /** @param incarnation random id of this life */
    public VirtualWitness(
            Store store, BootClock clock, Way way, boolean etcd, long beat, int checks, long incarnation) {
        this.store = store;
        this.clock = clock;
        this.way = way;
        this.etcd = etcd;
        this.beat = beat;
        this.checks = checks;
        this.incarnation = incarnation;
    }

    @Override
    public void start(Settings given, Listener listener) {
        settings = given;
        telling = new Telling(listener);
        for (String peer : given.peers()) {
            judges.put(peer, new PeerJudge(peer, 1, checks, given.observeMillis()));
            watches.put(peer, new KeyWatch(peer, given.observeMillis()));
        }
        way.after(0, this::round);
    }

    private long period() {
        return etcd ? settings.leaseMillis() / 4 : beat;
    }

    private void round() {
        if (closed) {
            return;
        }
        long startedAt = clock.millis();
        if (!way.reaches()) {
            failed();
            way.after(Math.min(AGAIN, period()), this::round);
            return;
        }
        long latency = way.latency();
        way.after(latency / 2, () -> {
            if (!closed) {
                Runnable result = etcd ? exchangeKeys(startedAt) : exchangeObjects(startedAt);
                way.after(latency - latency / 2, () -> answered(startedAt, result));
            }
        });
    }

    private void failed() {
        usable = false;
        failures++;
        judges.values().forEach(judge -> judge.unreadable(0, "cannot be read"));
        if (failures >= 2) {
            watches.values().forEach(KeyWatch::forget);
        }
        tell();
    }

    private void answered(long startedAt, Runnable result) {
        if (closed) {
            return;
        }
        boolean late = clock.millis() - startedAt >= settings.leaseMillis();
        if (late) {
            failed();
        } else {
            usable = true;
            failures = 0;
            telling.written(startedAt);
            result.run();
            tell();
        }
        way.after(Math.max(1, period() - (clock.millis() - startedAt)), this::round);
    }

    // ---- storage

    private Runnable exchangeObjects(long startedAt) {
        SignOfLife own = new SignOfLife(
                CLUSTER,
                CLUSTER,
                settings.self(),
                SignOfLife.State.RUNNING,
                incarnation,
                incarnation,
                ++sequence,
                0,
                (int) settings.leaseMillis(),
                (int) settings.lossStopMillis(),
                1);
        store.objects.put(settings.self(), own);
        Map<String, SignOfLife> found = new HashMap<>(store.objects);
        return () -> {
            long endedAt = clock.millis();
            judges.forEach((peer, judge) -> {
                SignOfLife object = found.get(peer);
                if (object == null) {
                    judge.unusable(0, startedAt, endedAt, "there is no object of " + peer, true);
                } else {
                    judge.read(0, startedAt, endedAt, object, true);
                }
            });
        };
    }

    // ---- etcd

    private Runnable exchangeKeys(long startedAt) {
        store.revisions.put(settings.self(), ++store.revision);
        store.ends.put(settings.self(), way.serverTime() + settings.observeMillis());
        Map<String, Long> found = new HashMap<>();
        watches.keySet().forEach(peer -> {
            boolean there = store.ends.getOrDefault(peer, 0L) > way.serverTime();
            found.put(peer, there ? store.revisions.get(peer) : 0L);
        });
        return () -> {
            long endedAt = clock.millis();
            long span = settings.leaseMillis() + settings.lossStopMillis();
            watches.forEach((peer, watch) -> watch.read(startedAt, endedAt, found.get(peer), span));
        };
    }

    private void tell() {
        long now = clock.millis();
        for (String peer : settings.peers()) {
            Word word = etcd ? watches.get(peer).word(now) : judges.get(peer).word(now);
            long readAt = etcd ? watches.get(peer).readAt() : judges.get(peer).readAt();
            telling.word(peer, usable ? word : Word.UNKNOWN, "as read", readAt);
        }
        telling.reachable(usable, usable ? "" : "the witness cannot be reached");
    }

    @Override
    public void close() {
        closed = true;
    }
}
