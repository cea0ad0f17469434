package org.mainstay.core.internal.guard;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.GuardControl.LeaseSettings;

/** The lines of the guard's protocol about lease and grants. */
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
}
