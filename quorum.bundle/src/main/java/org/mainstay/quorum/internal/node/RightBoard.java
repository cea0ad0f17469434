package org.mainstay.quorum.internal.node;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mainstay.cluster.GuardControl.GuardNews;

/**
 * What this server's guard says of rights to run, with since when it says so. Nothing of before counts after the link to the
 * guard was lost. Thread-safe.
 */
final class RightBoard {
    private final Map<String, Mark> withheld = new HashMap<>();
    private final Map<String, Mark> lapsed = new HashMap<>();
    private final Map<String, GuardNews.Witness> words = new HashMap<>();
    private final Map<String, Long> failedSince = new HashMap<>();
    private final Set<String> fed = new HashSet<>();
    private GuardNews.Lease lease;
    private boolean linked;

    private record Mark(boolean is, long since) {}

    /** Takes news. @param at monotonic milliseconds */
    synchronized void news(GuardNews news, long at) {
        if (news instanceof GuardNews.Link link) {
            linked = link.up();
            if (!link.up()) {
                withheld.clear();
                lapsed.clear();
                words.clear();
                failedSince.clear();
                fed.clear();
                // Else it would count as held between the next link and that guard's first word of it.
                lease = null;
            }
        } else if (news instanceof GuardNews.Withheld mark) {
            put(withheld, mark.peer(), mark.withheld(), at);
        } else if (news instanceof GuardNews.Lapsed mark) {
            put(lapsed, mark.peer(), mark.lapsed(), at);
        } else if (news instanceof GuardNews.Witness word) {
            words.put(word.peer(), word);
            if (word.word() == GuardNews.Word.FAILED) {
                failedSince.putIfAbsent(word.peer(), at);
            } else {
                failedSince.remove(word.peer());
            }
        } else if (news instanceof GuardNews.Watchdog watchdog) {
            if (watchdog.fed()) {
                fed.add(watchdog.server());
            } else {
                fed.remove(watchdog.server());
            }
        } else if (news instanceof GuardNews.Lease told) {
            lease = told;
        }
    }

    private static void put(Map<String, Mark> marks, String peer, boolean is, long at) {
        Mark before = marks.get(peer);
        if (before == null || before.is() != is) {
            marks.put(peer, new Mark(is, at));
        }
    }

    /** Returns for how long this server has certainly granted the peer nothing and its last grant has been over; 0: not so. */
    synchronized long overMillis(String peer, long at) {
        Mark held = withheld.get(peer);
        Mark over = lapsed.get(peer);
        return held != null && held.is() && over != null && over.is()
                ? Math.max(0, at - Math.max(held.since(), over.since()))
                : 0;
    }

    /** Returns for how long the witness has called the peer failed; 0: it does not. */
    synchronized long failedMillis(String peer, long at) {
        Long since = failedSince.get(peer);
        return since == null ? 0 : Math.max(0, at - since);
    }

    /** Returns what this server grants the peer, in the words of {@link org.mainstay.cluster.QuorumStatus.Server#grant}. */
    synchronized String grant(String peer) {
        Mark held = withheld.get(peer);
        Mark over = lapsed.get(peer);
        if (held == null) {
            return "";
        }
        if (!held.is()) {
            return "granted";
        }
        return over != null && over.is() ? "lapsed" : "withheld";
    }

    synchronized Optional<GuardNews.Witness> word(String peer) {
        return Optional.ofNullable(words.get(peer));
    }

    synchronized Optional<GuardNews.Lease> lease() {
        return Optional.ofNullable(lease);
    }

    /** Returns whether the server said last that its watchdog is fed; what nobody knows is no. */
    synchronized boolean fed(String server) {
        return fed.contains(server);
    }

    /** Returns whether a guard that is linked says that no lease is needed, or none was held yet. */
    synchronized boolean unleased() {
        return linked && lease != null && lease.right() == GuardNews.Right.NONE;
    }

    /** Returns whether this server certainly has its right to run now. */
    synchronized boolean held() {
        return linked && lease != null && lease.right() == GuardNews.Right.HELD;
    }

    synchronized boolean linked() {
        return linked;
    }
}
