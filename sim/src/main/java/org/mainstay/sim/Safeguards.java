package org.mainstay.sim;

import java.util.Map;
import java.util.TreeMap;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.state.Fate;

/** Fencing devices and the probes of the safety check. */
final class Safeguards {
    private static final long FENCING = 2_000;
    private static final long ROUND = 1_000;

    private final Cluster cluster;
    private final Map<String, Integer> broken = new TreeMap<>();
    private int blind;

    Safeguards(Cluster cluster) {
        this.cluster = cluster;
    }

    // ---- fencing

    /** Fencing of a machine fails for a while. */
    void breakFence(String name, long millis) {
        broken.merge(name, 1, Integer::sum);
        cluster.clock().after(millis, () -> broken.merge(name, -1, Integer::sum));
    }

    /** Returns whose fencing fails. */
    Object unfenced() {
        return cluster.plan().fenced()
                ? broken.entrySet().stream()
                        .filter(one -> one.getValue() > 0)
                        .map(Map.Entry::getKey)
                        .toList()
                : "";
    }

    void fence(Machine asker, String peer) {
        int run = asker.manager().run();
        cluster.clock().after(cluster.about(FENCING), () -> {
            Machine machine = cluster.machine(peer);
            boolean works = broken.getOrDefault(peer, 0) == 0;
            boolean lies = !works && cluster.mutant() == Mutant.FENCING_WITHOUT_STATUS;
            if (works) {
                cluster.say(peer + " is fenced for " + asker);
                boolean was = machine.powered();
                machine.powerOff();
                if (was) {
                    cluster.clock().after(cluster.about(30_000), machine::powerOn);
                }
            }
            if (asker.manager().up() && asker.manager().run() == run) {
                String evidence = works || lies ? "the device says off" : "the device does not answer";
                asker.manager().post(new Event.FenceFinished(peer, works || lies, evidence));
            }
        });
    }

    // ---- safety check

    /** No probe says anything for a while. */
    void blind(long millis) {
        blind++;
        cluster.clock().after(millis, () -> blind--);
    }

    /** A manager has begun: it looks at the machines of the others from now on. */
    void greet(Machine machine) {
        if (!cluster.plan().leased()) {
            look(machine, machine.manager().run(), new TreeMap<>());
        }
    }

    private void look(Machine machine, int run, Map<String, Fate.Sight> last) {
        cluster.clock().after(cluster.about(ROUND), () -> {
            if (!machine.manager().up() || machine.manager().run() != run) {
                return;
            }
            for (Machine other : cluster.machines()) {
                if (other != machine) {
                    look(machine, other, last);
                }
            }
            look(machine, run, last);
        });
    }

    private void look(Machine machine, Machine other, Map<String, Fate.Sight> last) {
        Fate.Sight sight = Fate.Sight.UNKNOWN;
        if (!machine.manager().reaches(other.name())) {
            boolean seen = other.runs() && blind == 0 && cluster.mutant() != Mutant.SAFETY_CHECK_IGNORED;
            sight = seen ? Fate.Sight.SEEN : Fate.Sight.UNSEEN;
        }
        if (sight != last.put(other.name(), sight)) {
            machine.manager().post(new Event.PeerSighted(other.name(), sight, 0, "ICMP"));
        }
    }
}
