package org.mainstay.guard.lease;

import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Who granted this server its lease until when, and what it granted to others. Pure: time, grants and settings come
 * in, answers come out. Owned by one thread, or guarded by its owner. All times are of the boot clock, in milliseconds.
 *
 * <p>What makes it safe: a holder counts a grant from the moment it <em>sent</em> what was granted, a grantor from
 * the moment it
 * <em>received</em> it, which is later; and a grantor waits L + S and a margin for the difference of the clocks. So
 * whenever {@link #lapsed} holds at a grantor, the lease it gave ended at least S ago at the holder.
 */
final class LeaseBook {
    static final long NEVER = Long.MIN_VALUE / 2;

    /**
     * What an earlier run of the guard in this boot left.
     *
     * @param until end of the lease it had
     * @param since when that lease was obtained and held without a gap since
     * @param stopMillis in what time everything has to be out after the end; 0 if that is not known
     * @param unneeded whether it is recorded that no lease was needed in this boot
     */
    record Former(long until, long since, int stopMillis, boolean unneeded) {
        static final Former NOTHING = new Former(NEVER, NEVER);
        static final Former UNNEEDED = new Former(NEVER, NEVER, 0, true);
        /** Whatever it was, nothing may be built on it: over since long ago. */
        static final Former UNKNOWN = new Former(NEVER + 1, NEVER + 1);

        Former(long until, long since) {
            this(until, since, 0, false);
        }
    }

    /** What no L + S is longer than. */
    private static final int LONGEST_SUM = 2 * LeaseSettings.LARGEST;

    private final long startedAt;
    private LeaseSettings settings;
    /** Of the settings; asked with every heartbeat. */
    private Set<String> peers;
    /** What was in force is not known and nobody has said it again: nothing here may run on a guess. */
    private boolean unknown;

    private final int formerStop;

    // holder
    private final Map<String, Grant> granted = new HashMap<>();
    private Grant written = Grant.NONE;
    /** Holds whatever the grants say: from before a restart, or from before a change of the settings. */
    private long carried;

    private boolean held;
    /** The lease was switched on while things ran, and has not been held yet: nothing ends because of that. */
    private boolean pending;

    private long since;
    private long endedAt;
    /** Whether the lease was ever held in this boot, as far as is known. */
    private boolean once;

    private long overdue = NEVER;

    // grantor
    private final Set<String> allowed = new TreeSet<>();
    private final Map<String, Long> lapsesAt = new TreeMap<>();
    private final Map<String, Integer> announced = new TreeMap<>();
    /** Who runs what it has without a lease: what it was granted being over says nothing. */
    private final Set<String> unleased = new TreeSet<>();

    /** What was promised to whom cannot be read: it may be as much as is possible at all. */
    private boolean forgotten;

    private final Set<String> heard = new TreeSet<>();

    /**
     * What is recorded and cannot be read. {@code settings}: what was in force; {@code promises}: what was granted to whom.
     */
    record Lost(boolean settings, boolean promises) {
        static final Lost NOTHING = new Lost(false, false);
    }

    /**
     * A guard has just started: it may have granted to anybody a moment ago.
     *
     * @param allowed whom it may grant to; nobody, if another boot recorded that
     * @param announced L + S of peers as they were recorded when it was last granted to them
     */
    LeaseBook(LeaseSettings settings, Former former, Set<String> allowed, Map<String, Integer> announced, long now) {
        this(settings, former, allowed, announced, now, Lost.NOTHING);
    }

    LeaseBook(
            LeaseSettings settings,
            Former former,
            Set<String> allowed,
            Map<String, Integer> announced,
            long now,
            Lost lost) {
        this.settings = settings;
        this.peers = settings.peers();
        this.startedAt = now;
        this.unknown = lost.settings();
        this.forgotten = lost.promises();
        this.formerStop = former.stopMillis();
        this.carried = former.until();
        this.since = former.since();
        this.held = former.until() > now;
        this.once = former.until() > NEVER;
        this.endedAt = once ? former.until() : now;
        this.allowed.addAll(allowed);
        this.announced.putAll(announced);
        evaluate(now);
    }

    LeaseSettings settings() {
        return settings;
    }

    /** Returns the members but this server. */
    Set<String> peers() {
        return Collections.unmodifiableSet(peers);
    }

    /** Returns whether what was in force is not known. */
    boolean unknown() {
        return unknown;
    }

    /** Returns whether the lease was switched on while things ran, and has not been held yet. */
    boolean pending() {
        return pending;
    }

    /** The lease was switched on by an earlier run of the guard in this boot, and not held since. */
    void resumePending(long now) {
        pending = settings.mode() != LeaseSettings.Mode.NONE;
        evaluate(now);
    }

    /** Returns whether promises that cannot be read may still be in force. */
    boolean forgotten(long now) {
        forgotten = forgotten && now <= startedAt + Witness.period(LONGEST_SUM);
        return forgotten;
    }

    long startedAt() {
        return startedAt;
    }

    /**
     * Takes new settings. What was granted until now holds on as long as those who granted it are enough to keep all
     * others together from being a majority, so that a server that is added or removed ends no lease by that alone.
     *
     * @param known whether the settings before were really in force: what runs without a lease goes on then until
     *     the lease that is switched on has been held for the first time
     */
    void settings(LeaseSettings newer, boolean known, long now) {
        evaluate(now);
        long before = held ? end(now) : NEVER;
        boolean unlimited = settings.mode() == LeaseSettings.Mode.NONE;
        settings = newer;
        peers = newer.peers();
        unknown = false;
        if (forgotten) {
            // Until it says something else: it is not known that a lease ends what it runs.
            newer.peers().stream().filter(peer -> !heard.contains(peer)).forEach(unleased::add);
        }
        granted.keySet().retainAll(newer.peers());
        // A grant of the longer lease before must not hide the later ones that are shorter.
        granted.replaceAll((peer, grant) -> grant.within(newer));
        written = written.within(newer);
        pending = newer.mode() != LeaseSettings.Mode.NONE && (pending || unlimited && known);
        if (!unlimited && !pending) {
            int blocking = newer.members().size() - 1 - newer.members().size() / 2;
            long shortened = Math.min(before, now + newer.leaseMillis());
            carried = before == NEVER ? NEVER : Math.min(shortened, newest(blocking));
        }
        if (newer.mode() == LeaseSettings.Mode.NONE) {
            overdue = NEVER;
        }
        allowed.retainAll(newer.peers());
        unleased.retainAll(newer.peers());
        lapsesAt.keySet().removeIf(peer -> !newer.members().contains(peer) && lapsed(peer, now));
        evaluate(now);
    }

    // --- holder

    /**
     * Takes a grant of a peer. Counts from when the request was sent, so one that comes late is worth less or nothing.
     */
    void granted(String peer, Grant grant, long now) {
        evaluate(now);
        if (!settings.members().contains(peer) || peer.equals(settings.self()) || grant.from() > now) {
            return;
        }
        granted.merge(peer, grant.within(settings), Grant::later);
        evaluate(now);
    }

    /**
     * The witness confirmed a write. Where nothing was written for L + S before, a reader may have judged already that this server has
     * failed, and acts on it later, whatever others granted meanwhile: a lease that was lost comes back from that as one that is overdue.
     *
     * @param startedAt before it was begun
     */
    void written(long startedAt, long now) {
        evaluate(now);
        if (startedAt <= now) {
            // What an earlier run of the guard wrote last is not known.
            long judged = written == Grant.NONE ? endedAt : writtenUntil() + stop();
            if (!held && once && overdue == NEVER && settings.mode().witness() && now >= judged) {
                overdue = judged;
            }
            written = written.later(new Grant(startedAt, settings.leaseMillis(), settings.lossStopMillis()));
        }
        evaluate(now);
    }

    /** Returns whether this server has the right to run at that time. Looks at the time itself: right even if late. */
    boolean held(long now) {
        evaluate(now);
        return held;
    }

    /** Returns whether everything may run whatever was granted: no lease is asked for, or it has not been held yet. */
    boolean unlimited() {
        return !unknown && (settings.mode() == LeaseSettings.Mode.NONE || pending);
    }

    /** Returns when the lease ends or ended. */
    long until(long now) {
        evaluate(now);
        return held ? end(now) : endedAt;
    }

    /** Returns since when it is held without a gap, or has been until it ended. */
    long since() {
        return since;
    }

    /** Returns when everything must be out: S after the end, S being the shortest that a grantor was told. */
    long outBy(long now) {
        return until(now) + stop();
    }

    private int stop() {
        if (unknown) {
            return formerStop;
        }
        int stop = written.stop(settings.lossStopMillis());
        for (Grant grant : granted.values()) {
            stop = grant.stop(stop);
        }
        return stop;
    }

    /**
     * Returns when everything should have been out of an earlier lease that was over for S or longer before there was one again:
     * others may have what ran here, so it ends first, whoever grants. {@link #NEVER} if there is no such thing.
     */
    long overdue() {
        return overdue;
    }

    /** Nothing of that lease is in service here any more. */
    void settled() {
        overdue = NEVER;
    }

    /** Returns how long the lease would go on if this peer alone decided. */
    long grantedUntil(String peer) {
        return granted.getOrDefault(peer, Grant.NONE).until(settings);
    }

    long writtenUntil() {
        return written.until(settings);
    }

    /** Returns how many servers must agree, this one included. */
    int needed() {
        return settings.members().size() / 2 + 1;
    }

    private void evaluate(long now) {
        pending = pending && leaseEnd(now) <= now;
        long end = end(now);
        if (held && end <= now) {
            held = false;
            endedAt = Math.min(endedAt, now);
        } else if (!held && end > now) {
            if (once && !unlimited() && overdue == NEVER && now >= endedAt + stop()) {
                overdue = endedAt + stop();
            }
            held = true;
            since = now;
        }
        if (held) {
            once = true;
            endedAt = end;
        }
    }

    private long end(long now) {
        return unlimited() ? now + settings.leaseMillis() : leaseEnd(now);
    }

    private long leaseEnd(long now) {
        return switch (settings.mode()) {
            case NONE -> unknown ? carried : now + settings.leaseMillis();
            case MAJORITY -> Math.max(carried, needed() == 1 ? now + settings.leaseMillis() : newest(needed() - 1));
            case STORAGE, ETCD -> Math.max(carried, Math.max(written.until(settings), allOthers()));
        };
    }

    /**
     * Where the witness cannot be reached all other servers together may grant: one that took over would be among them.
     */
    private long allOthers() {
        int others = settings.members().size() - 1;
        return others == 0 ? NEVER : newest(others);
    }

    /** Returns until when at least so many peers grant; for ever if none is needed. */
    private long newest(int peers) {
        if (peers == 0) {
            return Long.MAX_VALUE;
        }
        if (granted.size() < peers) {
            return NEVER;
        }
        long[] ends = new long[granted.size()];
        int count = 0;
        for (Grant grant : granted.values()) {
            ends[count++] = grant.until(settings);
        }
        Arrays.sort(ends);
        return ends[count - peers];
    }

    // --- grantor

    /** Returns whether a peer gets grants now, should it ask. */
    boolean withheld(String peer) {
        return !allowed.contains(peer);
    }

    Set<String> allowed() {
        return new TreeSet<>(allowed);
    }

    /** No grants from now on. Those given go on until {@link #lapsed}. */
    void withhold(String peer) {
        allowed.remove(peer);
    }

    /** Grants again. @return false if it is no member */
    boolean allow(String peer) {
        if (!peers.contains(peer)) {
            return false;
        }
        allowed.add(peer);
        return true;
    }

    /**
     * Returns what the peer's announced L + S must be recorded as before it can be granted to; 0 if nothing is missing.
     */
    int toRecord(int leaseMillis, int lossStopMillis, String peer) {
        int sum = leaseMillis + lossStopMillis;
        return sum > Math.max(own(), announced.getOrDefault(peer, 0)) ? sum : 0;
    }

    /** It is on disk that the peer announces this. */
    void recorded(String peer, int sum) {
        announced.merge(peer, sum, Math::max);
    }

    Map<String, Integer> announced() {
        return new TreeMap<>(announced);
    }

    /**
     * Decides about a grant that is about to be sent, and remembers it.
     *
     * @param heardAt when that what it grants was received
     * @param leaseMillis L of the peer as it announced it there
     * @param lossStopMillis S of the peer as it announced it there
     * @return whether it is granted
     */
    boolean grant(String peer, long heardAt, int leaseMillis, int lossStopMillis) {
        if (withheld(peer) || !peers.contains(peer) || toRecord(leaseMillis, lossStopMillis, peer) != 0) {
            return false;
        }
        // What the peer announced earlier bounds only what was granted then: the holder counts by what it asked with.
        int sum = Math.max(own(), leaseMillis + lossStopMillis);
        lapsesAt.put(peer, Math.max(lapsesAt(peer), heardAt + Witness.period(sum)));
        return true;
    }

    /** Returns when the last grant to the peer, given by this or an earlier run of the guard, is over for certain. */
    long lapsesAt(String peer) {
        int sum = forgotten ? LONGEST_SUM : Math.max(own(), announced.getOrDefault(peer, 0));
        return Math.max(lapsesAt.getOrDefault(peer, NEVER), startedAt + Witness.period(sum));
    }

    /**
     * Returns whether nothing this server granted can be in force at the peer any more, nor anything it has to stop.
     */
    boolean lapsed(String peer, long now) {
        return !unleased.contains(peer) && now > lapsesAt(peer);
    }

    /** Takes how a peer runs what it has. @return whether that is news */
    boolean unleased(String peer, boolean without) {
        heard.add(peer);
        return without ? unleased.add(peer) : unleased.remove(peer);
    }

    Set<String> unleased() {
        return new TreeSet<>(unleased);
    }

    private int own() {
        return settings.leaseMillis() + settings.lossStopMillis();
    }

    /** Returns the next time at which an answer changes by itself; {@link Long#MAX_VALUE} if never. */
    long nextEvent(long now) {
        long next = held(now) ? end(now) : Long.MAX_VALUE;
        for (String peer : settings.members()) {
            long lapse = lapsesAt(peer);
            next = lapse >= now ? Math.min(next, lapse + 1) : next;
        }
        return next;
    }
}
