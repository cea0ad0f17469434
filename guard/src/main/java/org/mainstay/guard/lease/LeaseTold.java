package org.mainstay.guard.lease;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** What the manager was told last, so that only news are news. */
final class LeaseTold {
    private static final long TERMS_MILLIS = 30_000;

    private record Terms(String text, long since, boolean said) {}

    private String state = "";
    private long until = LeaseBook.NEVER;
    private long since = LeaseBook.NEVER;
    private String left = "";
    private final Map<String, Boolean> lapsed = new HashMap<>();
    private final Map<String, Boolean> withheld = new HashMap<>();
    private final Map<String, WitnessPost.Said> witness = new HashMap<>();
    private final Map<String, Terms> terms = new HashMap<>();

    String state() {
        return state;
    }

    long until() {
        return until;
    }

    long since() {
        return since;
    }

    String left() {
        return left;
    }

    void left(String now) {
        left = now;
    }

    void lease(String newState, long newUntil, long newSince) {
        state = newState;
        until = newUntil;
        since = newSince;
    }

    /**
     * Takes what is to be said of a peer's terms, empty if nothing.
     *
     * @return whether it is to be said now: once, when it has been so for as long as a change of all servers may take
     */
    boolean terms(String peer, String text, long now) {
        Terms before = terms.get(peer);
        if (before == null || !before.text().equals(text)) {
            terms.put(peer, new Terms(text, now, text.isEmpty()));
        } else if (!before.said() && now - before.since() >= TERMS_MILLIS) {
            terms.put(peer, new Terms(text, now, true));
            return true;
        }
        return false;
    }

    boolean saysLapsed(String peer) {
        return lapsed.getOrDefault(peer, false);
    }

    /** Takes what is so now. @return whether that is news */
    boolean lapsed(String peer, boolean now) {
        return !Boolean.valueOf(now).equals(lapsed.put(peer, now));
    }

    boolean withheld(String peer, boolean now) {
        return !Boolean.valueOf(now).equals(withheld.put(peer, now));
    }

    boolean witness(String peer, WitnessPost.Said now) {
        return !now.equals(witness.put(peer, now));
    }

    void keep(Set<String> peers) {
        lapsed.keySet().retainAll(peers);
        withheld.keySet().retainAll(peers);
        witness.keySet().retainAll(peers);
        terms.keySet().retainAll(peers);
    }

    void forget() {
        state = "";
        until = LeaseBook.NEVER;
        keep(Set.of());
    }
}
