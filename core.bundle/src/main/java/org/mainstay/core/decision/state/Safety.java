package org.mainstay.core.decision.state;

import java.util.Collections;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What keeps a resource from running twice (design.md section 10), all times in milliseconds.
 *
 * @param quorum who grants the right to run
 * @param witness who is asked whether a server that cannot be reached has failed
 * @param lease L: how long a grant lasts
 * @param lossStop S: how long a server that lost its right may take to stop
 * @param quarantine how long a server stays away that lost its right with something in service (QUO-060)
 * @param fenced servers for which fencing is configured
 * @param limit how long a machine must stay unseen before its resources are taken, without quorum; 0 = detection time, at least
 *     {@value #LEAST_LIMIT}
 * @param alert after how long an operator is told that a machine without live path is still seen
 */
public record Safety(
        Quorum quorum,
        Witness witness,
        long lease,
        long lossStop,
        long quarantine,
        SortedSet<String> fenced,
        long limit,
        long alert) {

    /** Who grants the right to run. */
    public enum Quorum {
        /** Nobody: it never ends. */
        NONE,
        /** A majority of the members. */
        MAJORITY,
        /** Whoever keeps the shared storage. */
        STORAGE,
        /** An external etcd. */
        ETCD
    }

    /** Who is asked about a server that cannot be reached. */
    public enum Witness {
        NONE,
        REMOTE_VERIFY,
        STORAGE,
        ETCD
    }

    /** Shortest default of {@code limit}. */
    public static final long LEAST_LIMIT = 2_000;

    /** What holds where nothing is configured. */
    public static final Safety NONE =
            new Safety(Quorum.NONE, Witness.NONE, 5_000, 10_000, 300_000, Collections.emptySortedSet(), 0, 30_000);

    public Safety {
        fenced = Collections.unmodifiableSortedSet(new TreeSet<>(fenced));
        if (lease < 1 || lossStop < 1 || quarantine < 0 || limit < 0 || alert < 1) {
            throw new IllegalArgumentException(
                    "lease, loss stop and alert must be at least 1 ms, the others not negative");
        }
    }

    /** Returns whether the right to run ends unless it is renewed. */
    public boolean leased() {
        return quorum != Quorum.NONE;
    }

    public Safety withQuorum(Quorum newQuorum, Witness newWitness) {
        return new Safety(newQuorum, newWitness, lease, lossStop, quarantine, fenced, limit, alert);
    }

    public Safety withTimes(long newLease, long newLossStop, long newQuarantine) {
        return new Safety(quorum, witness, newLease, newLossStop, newQuarantine, fenced, limit, alert);
    }

    public Safety withFenced(Set<String> servers) {
        return new Safety(quorum, witness, lease, lossStop, quarantine, new TreeSet<>(servers), limit, alert);
    }

    public Safety withLimit(long newLimit, long newAlert) {
        return new Safety(quorum, witness, lease, lossStop, quarantine, fenced, newLimit, newAlert);
    }
}
