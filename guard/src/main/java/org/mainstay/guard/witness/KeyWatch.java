package org.mainstay.guard.witness;

import org.mainstay.guard.lease.Witness;
import org.mainstay.guard.lease.Witness.Word;

/**
 * Judges one peer by its key in etcd. Pure; by the reader's own clock. Not thread-safe.
 *
 * <p>FAILED needs all three: the key, bound to an etcd lease that lives at least L + S, is gone; that lease is gone, too, as somebody
 * may delete keys; and this reader found no change for L + S and one percent, which does not rest on etcd's clock: each renewal is also a
 * write, committed by etcd's majority, so a change that was confirmed is found by whoever reads later.
 */
final class KeyWatch {
    private final String peer;
    private final long span;
    private boolean known;
    private boolean changed;
    private boolean present;
    private boolean leased;
    private long revision;
    private long theirSpan;
    private long since;
    private long lastStart;

    /** @param span L + S and one percent, ms */
    KeyWatch(String peer, long span) {
        this.peer = peer;
        this.span = span;
    }

    /**
     * The key was read.
     *
     * @param modified revision of its last write; 0 if there is none
     * @param theirs L + S that the peer says, ms; counts where it is longer
     */
    void read(long startedAt, long endedAt, long modified, long theirs) {
        boolean change = known && modified != 0 && modified != revision;
        if (!known || change) {
            since = endedAt;
        }
        known = true;
        changed |= change;
        present = modified != 0;
        if (present) {
            revision = modified;
            theirSpan = Witness.period(theirs);
        }
        lastStart = startedAt;
    }

    /** Nothing counts that was seen so far: etcd could not be read for a while, or is another one. */
    void forget() {
        known = false;
        changed = false;
    }

    private long span() {
        return Math.max(span, theirSpan);
    }

    /** Says whether only the peer's etcd lease can still tell that it lives: the key is gone, and was for the whole span. */
    boolean doubted() {
        return known && !present && lastStart - since >= span();
    }

    /** Its etcd lease was looked up since. */
    void leased(boolean lives) {
        leased = lives;
    }

    /** @param now ms */
    Word word(long now) {
        if (!known) {
            return Word.UNKNOWN;
        }
        if (doubted() && !leased) {
            return Word.FAILED;
        }
        return changed && now - since < span() ? Word.ALIVE : Word.UNKNOWN;
    }

    /** Returns when the last reading began, ms. */
    long readAt() {
        return lastStart;
    }

    /** @param now ms */
    String reason(long now) {
        switch (word(now)) {
            case ALIVE:
                return peer + " renews its key in etcd";
            case FAILED:
                return "the key of " + peer + " is gone from etcd and was not written for " + span() / 1000 + " s";
            default:
                return known && changed
                        ? peer + " does not renew its key in etcd, which has not ended yet"
                        : "the key of " + peer + " in etcd has not been watched long enough";
        }
    }
}
