package org.mainstay.guard.witness;

import java.util.ArrayDeque;
import java.util.Deque;
import org.mainstay.guard.lease.Witness;
import org.mainstay.guard.lease.Witness.Word;

/**
 * Judges one peer by what is read of its objects (QUO-016, QUO-037, QUO-088). Pure; by the reader's own clock alone. Not thread-safe.
 *
 * <p>FAILED needs both: so many consecutive checks that found no change, at each location; and between the end of the read that
 * found the last change and the start of the last check so much time that whatever the peer had written before is no lease any more
 * (design.md section 10). A check that could not read says nothing; two in a row at a location begin the count there again. What is
 * not there, torn or foreign counts as not changed.
 */
final class PeerJudge {
    private static final int REMEMBERED = 32;

    private final String peer;
    private final int limit;
    private final long span;
    private final Place[] places;
    private final Deque<Long> incarnations = new ArrayDeque<>();

    private SignOfLife newest;
    private boolean changed;
    private long changes;
    private long since = Long.MIN_VALUE;

    private static final class Place {
        boolean known;
        int unchanged;
        int unread;
        long lastStart = Long.MIN_VALUE;
        String flaw = "";
    }

    /**
     * @param locations of the peer's object, 1 or 2
     * @param limit checks without change (QWK_STORAGE_NUMHBEATS)
     * @param span ms without change, at least
     */
    PeerJudge(String peer, int locations, int limit, long span) {
        this.peer = peer;
        this.limit = limit;
        this.span = span;
        this.places = new Place[locations];
        for (int i = 0; i < locations; i++) {
            places[i] = new Place();
        }
    }

    /**
     * A check read a whole object of the peer.
     *
     * @param startedAt of the read, ms
     * @param endedAt of the read, ms
     * @param check whether it counts as one, or was an additional look
     */
    void read(int location, long startedAt, long endedAt, SignOfLife object, boolean check) {
        Place place = places[location];
        boolean first = !place.known;
        place.known = true;
        place.flaw = "";
        if (isNews(object, first)) {
            changed |= newest != null;
            changes += newest == null ? 0 : 1;
            newest = object;
            remember(object.incarnation());
            since = endedAt;
            for (Place each : places) {
                each.unchanged = 0;
            }
            place.unread = 0;
            place.lastStart = startedAt;
            return;
        }
        remember(object.incarnation());
        unchanged(place, startedAt, endedAt, check);
    }

    /**
     * A check found no object that can be trusted: none, a torn or a foreign one.
     *
     * @param flaw what is wrong with it, one sentence
     */
    void unusable(int location, long startedAt, long endedAt, String flaw, boolean check) {
        Place place = places[location];
        place.flaw = flaw;
        unchanged(place, startedAt, endedAt, check);
    }

    /** A check could not read. */
    void unreadable(int location, String why) {
        Place place = places[location];
        place.flaw = why;
        if (++place.unread >= 2) {
            place.unchanged = 0;
        }
    }

    /** What was watched so far no longer counts: this server could not use the storage itself. */
    void interrupted() {
        for (Place place : places) {
            place.unchanged = 0;
        }
    }

    private void unchanged(Place place, long startedAt, long endedAt, boolean check) {
        place.unread = 0;
        place.lastStart = startedAt;
        if (since == Long.MIN_VALUE) {
            since = endedAt;
            return;
        }
        if (check) {
            place.unchanged++;
        }
    }

    /**
     * A later sequence of the same incarnation, or an incarnation never seen before. A copy that comes late (stale read, second bucket)
     * is none. Of two copies seen for the first time the later generation counts.
     */
    private boolean isNews(SignOfLife object, boolean firstHere) {
        if (newest == null) {
            return true;
        }
        if (object.incarnation() == newest.incarnation()) {
            return object.sequence() > newest.sequence();
        }
        if (incarnations.contains(object.incarnation())) {
            return false;
        }
        return !firstHere || object.generation() > newest.generation();
    }

    private void remember(long incarnation) {
        if (!incarnations.contains(incarnation)) {
            incarnations.addLast(incarnation);
            if (incarnations.size() > REMEMBERED) {
                incarnations.removeFirst();
            }
        }
    }

    /** Returns the word, given what was read so far. @param now ms */
    Word word(long now) {
        if (newest != null && newest.state() != SignOfLife.State.RUNNING) {
            return Word.UNKNOWN;
        }
        if (failed()) {
            return Word.FAILED;
        }
        boolean readable = false;
        for (Place place : places) {
            readable |= place.unread < 2;
        }
        return changed && readable && now - since <= span() ? Word.ALIVE : Word.UNKNOWN;
    }

    private boolean failed() {
        for (Place place : places) {
            if (place.unchanged < limit || place.unread > 0 || place.lastStart - since < span()) {
                return false;
            }
        }
        return true;
    }

    /** Returns when the last reading began at the location where that is longest ago, ms. */
    long readAt() {
        long oldest = Long.MAX_VALUE;
        for (Place place : places) {
            oldest = Math.min(oldest, place.lastStart);
        }
        return oldest;
    }

    /** The peer's own L and S count where they are longer than this server's. */
    private long span() {
        long theirs = newest == null ? 0 : Witness.period(newest.leaseMillis() + (long) newest.stopMillis());
        return Math.max(span, theirs);
    }

    /** Returns the evidence in one sentence that changes as seldom as possible. @param now ms */
    String reason(long now) {
        String flaws = flaws();
        if (newest != null && newest.state() == SignOfLife.State.EXITED) {
            return peer + " has left storage mode (qwk_storage_exit)";
        }
        if (newest != null && newest.state() == SignOfLife.State.INITIALISING) {
            return peer + " has not finished qwk_storage_init";
        }
        switch (word(now)) {
            case ALIVE:
                return "the QWK object of " + peer + " is updated" + flaws;
            case FAILED:
                return "the QWK object of " + peer + " did not change for " + limit + " checks and " + span() / 1000
                        + " s" + flaws;
            default:
                return "the QWK object of " + peer
                        + (flaws.isEmpty() ? " has not been watched long enough" : " tells nothing yet") + flaws;
        }
    }

    private String flaws() {
        StringBuilder all = new StringBuilder();
        for (Place place : places) {
            if (!place.flaw.isEmpty() && all.indexOf(place.flaw) < 0) {
                all.append("; ").append(place.flaw);
            }
        }
        return all.toString();
    }

    /** Returns the newest object read, or null. */
    SignOfLife newest() {
        return newest;
    }

    /** Returns how often a change was found. */
    long changes() {
        return changes;
    }
}
