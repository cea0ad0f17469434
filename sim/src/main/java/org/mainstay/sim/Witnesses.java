package org.mainstay.sim;

import java.util.Map;
import java.util.TreeMap;
import org.mainstay.core.decision.state.Safety;
import org.mainstay.guard.lease.LeaseSettings;
import org.mainstay.guard.lease.Witness;
import org.mainstay.guard.witness.VirtualWitness;

/** The storage or etcd outside the cluster, and who reaches it. */
final class Witnesses {
    /** QWK_STORAGE_HBEATTIME. */
    static final long BEAT = 6_000;
    /** QWK_STORAGE_NUMHBEATS. */
    private static final int CHECKS = 4;

    private static final long LATENCY = 10;
    private static final long SLOW = 6_000;

    private final Cluster cluster;
    private final VirtualWitness.Store store = new VirtualWitness.Store();
    private final Map<String, Integer> away = new TreeMap<>();
    private int slow;
    private long lives;

    Witnesses(Cluster cluster) {
        this.cluster = cluster;
    }

    /** A machine cannot reach it for a while. */
    void lose(String name, long millis) {
        away.merge(name, 1, Integer::sum);
        cluster.clock().disturb(millis);
        cluster.clock().after(millis, () -> {
            away.merge(name, -1, Integer::sum);
            cluster.disturbed();
        });
    }

    /** It answers slowly for a while. */
    void slow(long millis) {
        slow++;
        cluster.clock().disturb(millis);
        cluster.clock().after(millis, () -> {
            slow--;
            cluster.disturbed();
        });
    }

    /** Returns who cannot reach it, and whether it is slow; nothing where there is none. */
    Object state() {
        boolean there = cluster.plan().leased() && cluster.plan().quorum() != Safety.Quorum.MAJORITY;
        return there
                ? away.entrySet().stream()
                                .filter(one -> one.getValue() > 0)
                                .map(Map.Entry::getKey)
                                .toList() + " " + (slow > 0)
                : "";
    }

    Witness.Factory factory(Machine machine) {
        return (mode, clock, log) ->
                new VirtualWitness(store, clock, way(machine), mode == LeaseSettings.Mode.ETCD, BEAT, CHECKS, ++lives);
    }

    private VirtualWitness.Way way(Machine machine) {
        int life = machine.guardSide().life();
        return new VirtualWitness.Way() {
            @Override
            public boolean reaches() {
                return away.getOrDefault(machine.name(), 0) == 0;
            }

            @Override
            public long latency() {
                return slow > 0 ? cluster.about(SLOW) : cluster.about(LATENCY);
            }

            @Override
            public long serverTime() {
                return cluster.clock().pulse();
            }

            @Override
            public void after(long millis, Runnable work) {
                machine.guardSide().later(machine.real(millis), life, work);
            }
        };
    }
}
