package org.mainstay.core.internal.guard;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.GuardControl.HandleResult;
import org.mainstay.cluster.GuardControl.LeaseSettings;
import org.mainstay.cluster.GuardControl.WitnessClaim;
import org.mainstay.cluster.GuardControl.WitnessClaims;

/** The lines of the guard's protocol about lease, grants and claims. */
final class LeaseRequests {
    private LeaseRequests() {}

    static String settings(LeaseSettings lease) {
        List<Object> words = new ArrayList<>(List.of(
                "lease",
                lease.mode(),
                lease.self(),
                lease.leaseMillis(),
                lease.lossStopMillis(),
                lease.watchdog(),
                lease.members().size()));
        words.addAll(new TreeSet<>(lease.members()));
        new TreeMap<>(lease.witness()).forEach((name, value) -> words.add(name + "=" + value));
        return Words.line(words.toArray());
    }

    static String peers(String verb, Set<String> peers) {
        List<Object> words = new ArrayList<>(List.of(verb));
        words.addAll(new TreeSet<>(peers));
        return Words.line(words.toArray());
    }

    static String claim(long group, long epoch, boolean owned, int priority) {
        return Words.line("claim", Long.toHexString(group), epoch, owned ? "OWNED" : "CLAIMED", priority);
    }

    /** Reads {@code entry SERVER EPOCH PHASE PRIORITY} and {@code unread PEER REASON}. */
    static WitnessClaims claims(HandleResult result, List<List<String>> items) {
        List<WitnessClaim> entries = new ArrayList<>();
        Map<String, String> unread = new TreeMap<>();
        for (List<String> words : items) {
            if (words.get(0).equals("entry")) {
                entries.add(new WitnessClaim(
                        words.get(1),
                        Long.parseLong(words.get(2)),
                        words.get(3).equals("OWNED"),
                        Integer.parseInt(words.get(4))));
            } else {
                unread.put(words.get(1), words.get(2));
            }
        }
        return new WitnessClaims(result.done(), result.message(), entries, unread);
    }
}
