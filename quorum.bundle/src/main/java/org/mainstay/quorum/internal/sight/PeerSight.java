package org.mainstay.quorum.internal.sight;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mainstay.cluster.SafetyControl.Sight;

/**
 * What the probes of one machine say (COMM-050). A probe counts only if it was answered in the last minutes in which a comm path
 * to the machine was alive: one that a firewall swallows would make every machine look dead. Pure: all times are given, in
 * milliseconds of one monotonic clock. Used by one thread.
 */
final class PeerSight {
    /** How long a probe that worked while a path was alive counts. */
    static final long LEARNT_FOR = 600_000;

    private static final int ROUNDS = 3;
    private static final long SHORTEST_QUIET = 1_000;
    private static final long NEVER = Long.MIN_VALUE;
    /** As a detection time: silence counts from its beginning, however long a path was alive meanwhile. */
    static final long ANY_TIME = Long.MAX_VALUE / 4;

    private long interval;
    private final Map<Probe, Record> records = new LinkedHashMap<>();
    private boolean alive;
    private boolean network;
    /** When a path over a network was alive last: what is learnt is measured by it. */
    private long aliveUntil = NEVER;
    /** From when on silence may mean anything: the last path fell silent then. */
    private long silentFrom = NEVER;

    private long seenSince = NEVER;
    private Sight last = Sight.UNKNOWN;
    private long lastSince;

    private static final class Record {
        private long asked = NEVER;
        private long answered = NEVER;
        private long learnt = NEVER;
        private long unansweredSince = NEVER;
    }

    /** @param interval how often each probe is asked */
    PeerSight(long interval) {
        this.interval = interval;
    }

    /** Sets how often each probe is asked from now on; what was learnt stays. */
    void interval(long millis) {
        interval = millis;
    }

    /** Sets what can be asked; what stays keeps what it has learnt. */
    void probes(Set<Probe> probes) {
        records.keySet().retainAll(probes);
        probes.forEach(probe -> records.computeIfAbsent(probe, each -> new Record()));
    }

    Set<Probe> probes() {
        return Set.copyOf(records.keySet());
    }

    /**
     * Tells whether any comm path to the machine is alive, and whether one over a network is.
     *
     * @param detection how long a path is silent before it is dead
     */
    void alive(boolean now, boolean overNetwork, long detection, long at) {
        if (alive && !now) {
            seenSince = NEVER;
            last = Sight.UNKNOWN;
            lastSince = at;
        }
        alive = now;
        network = overNetwork;
        if (now) {
            silentFrom = at - detection;
        }
        if (overNetwork) {
            aliveUntil = at;
        }
    }

    boolean alive() {
        return alive;
    }

    /** A probe was really sent. After a gap, as when this process stood still, silence begins anew: nobody was asked meanwhile. */
    void asked(Probe probe, long at) {
        Record record = records.get(probe);
        if (record == null) {
            return;
        }
        boolean gap = record.asked == NEVER || at - record.asked > quiet() + interval;
        if (record.unansweredSince == NEVER || gap) {
            record.unansweredSince = at;
        }
        record.asked = at;
    }

    void answered(Probe probe, long at) {
        Record record = records.get(probe);
        if (record == null) {
            return;
        }
        record.answered = at;
        record.unansweredSince = NEVER;
        if (network) {
            record.learnt = at;
        }
    }

    /** Returns how long silence must last to mean anything. */
    private long quiet() {
        return Math.max(SHORTEST_QUIET, ROUNDS * interval);
    }

    /** Returns the probes that would count if all paths died now. */
    List<Probe> counted() {
        List<Probe> counted = new ArrayList<>();
        records.forEach((probe, record) -> {
            if (record.learnt != NEVER && aliveUntil - record.learnt <= LEARNT_FOR) {
                counted.add(probe);
            }
        });
        return counted;
    }

    /** Returns whether a probe that counts was left unanswered for longer than a round, before any path is dead. */
    boolean suspicious(long at) {
        return counted().stream()
                .map(records::get)
                .anyMatch(record -> record.unansweredSince != NEVER && at - record.unansweredSince > interval);
    }

    /** Returns what the machine looks like, empty while a path is alive or not enough is known to say so. */
    Optional<Sighting> sighting(long at) {
        if (alive || aliveUntil == NEVER && records.isEmpty()) {
            return Optional.empty();
        }
        List<Probe> counted = counted();
        if (counted.isEmpty()) {
            return Optional.of(verdict(
                    Sight.UNKNOWN, at, "no probe of it has worked in the last minutes in which a comm path was alive"));
        }
        for (Probe probe : counted) {
            long answered = records.get(probe).answered;
            // an answer of before the paths died says nothing about now
            if (answered > aliveUntil && at - answered < quiet()) {
                seenSince = seenSince == NEVER ? answered : seenSince;
                return Optional.of(verdict(Sight.SEEN, seenSince, probe + " answers"));
            }
        }
        seenSince = NEVER;
        return silence(counted, at);
    }

    private Optional<Sighting> silence(List<Probe> counted, long at) {
        long since = NEVER;
        for (Probe probe : counted) {
            Record record = records.get(probe);
            boolean running = record.asked != NEVER && at - record.asked <= quiet() + interval;
            if (!running || record.unansweredSince == NEVER) {
                continue;
            }
            // silent as a whole since the youngest silence began
            since = Math.max(since, record.unansweredSince);
        }
        if (since == NEVER) {
            return at - aliveUntil > 2 * quiet()
                    ? Optional.of(verdict(Sight.UNKNOWN, at, "the probes cannot be sent"))
                    : Optional.empty();
        }
        // Who was heard over the disk meanwhile was there, whatever the probes said.
        since = Math.max(since, silentFrom);
        return at - since < quiet()
                ? Optional.empty()
                : Optional.of(verdict(Sight.UNSEEN, since, "no answer from " + names(counted)));
    }

    private static String names(List<Probe> probes) {
        return String.join(", ", probes.stream().map(Probe::toString).toList());
    }

    private Sighting verdict(Sight sight, long since, String evidence) {
        if (sight != last) {
            last = sight;
            lastSince = since;
        }
        return new Sighting(sight, lastSince, evidence);
    }
}
