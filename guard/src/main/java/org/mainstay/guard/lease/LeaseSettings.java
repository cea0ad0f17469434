package org.mainstay.guard.lease;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.guard.util.Words;

/**
 * How the right to run is obtained, as the manager says.
 *
 * @param mode where it comes from
 * @param self name of this server
 * @param leaseMillis L, 500 to 600000 (QUORUM_LEASE_SECS)
 * @param lossStopMillis S, 500 to 600000: everything is out so long after the lease (QUORUM_LOSS_STOP_SECS)
 * @param members all configured servers, this one included
 * @param watchdog the watchdog device, or empty
 * @param parameters of the witness, by the names of {@code etc/default/LifeKeeper}
 */
public record LeaseSettings(
        Mode mode,
        String self,
        int leaseMillis,
        int lossStopMillis,
        Set<String> members,
        String watchdog,
        Map<String, String> parameters) {

    /** Where the right to run comes from. */
    public enum Mode {
        /** There is no lease; everything may run. Grants are given all the same. */
        NONE,
        /** A majority of the members. */
        MAJORITY,
        /** This server's own write on shared storage is confirmed, or all other members grant. */
        STORAGE,
        /** As STORAGE with a lease of etcd. */
        ETCD;

        /** Returns whether a witness outside the cluster is asked. */
        public boolean witness() {
            return this == STORAGE || this == ETCD;
        }
    }

    static final int SMALLEST = 500;
    static final int LARGEST = 600_000;
    static final int MOST_MEMBERS = 32;
    private static final int WORDS = 7;

    /** Before the manager has ever said anything. */
    public static final LeaseSettings NOTHING = new LeaseSettings(Mode.NONE, "", 5000, 10_000, Set.of(), "", Map.of());

    public LeaseSettings {
        check("the lease (QUORUM_LEASE_SECS)", leaseMillis);
        check("the time to stop after it (QUORUM_LOSS_STOP_SECS)", lossStopMillis);
        members = new TreeSet<>(members);
        parameters = new TreeMap<>(parameters);
        if (mode != Mode.NONE && !members.contains(self)) {
            throw new IllegalArgumentException("the members " + members + " must include this server, '" + self + "'");
        }
        if (members.size() > MOST_MEMBERS) {
            throw new IllegalArgumentException(members.size() + " members; at most " + MOST_MEMBERS + " are possible");
        }
    }

    private static void check(String what, int millis) {
        if (millis < SMALLEST || millis > LARGEST) {
            throw new IllegalArgumentException(what + " must be " + SMALLEST + " to " + LARGEST + " ms, not " + millis);
        }
    }

    /** Returns the members but this one. */
    public Set<String> peers() {
        Set<String> peers = new TreeSet<>(members);
        peers.remove(self);
        return peers;
    }

    /**
     * Returns the words {@code lease MODE SELF L S WATCHDOG MEMBERS NAME... NAME=VALUE...}, MEMBERS being their count.
     */
    public String encode() {
        List<Object> words =
                new ArrayList<>(List.of("lease", mode, self, leaseMillis, lossStopMillis, watchdog, members.size()));
        words.addAll(members);
        parameters.forEach((name, value) -> words.add(name + "=" + value));
        return Words.line(words.toArray());
    }

    /** Reads what {@link #encode} writes. @throws IllegalArgumentException if that is not possible, with the reason */
    public static LeaseSettings parse(List<String> words) {
        if (words.size() < WORDS) {
            throw new IllegalArgumentException("a lease line has at least " + WORDS + " words");
        }
        int count = Integer.parseInt(words.get(6));
        if (count < 0 || count > words.size() - WORDS) {
            throw new IllegalArgumentException(count + " members are said and others named");
        }
        List<String> members = words.subList(WORDS, WORDS + count);
        Map<String, String> parameters = new TreeMap<>();
        for (String parameter : words.subList(WORDS + count, words.size())) {
            int equals = parameter.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("a witness parameter is NAME=VALUE, not '" + parameter + "'");
            }
            parameters.put(parameter.substring(0, equals), parameter.substring(equals + 1));
        }
        return new LeaseSettings(
                Mode.valueOf(words.get(1)),
                words.get(2),
                Integer.parseInt(words.get(3)),
                Integer.parseInt(words.get(4)),
                Set.copyOf(members),
                words.get(5),
                parameters);
    }
}
