package org.mainstay.sim;

import java.util.Map;
import java.util.TreeMap;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.state.Fate;

/** The safety control of each manager: what fences, and the probes of the safety check. */
final class Safeguards {
    private static final long ROUND = 1_000;

    private final Cluster cluster;
    private final Fences fences;
    private final Map<String, Integer> controls = new TreeMap<>();
    /** The run of the manager whose control is away. */
    private final Map<String, Integer> away = new TreeMap<>();

    private int blind;

    Safeguards(Cluster cluster) {
        this.cluster = cluster;
        fences = new Fences(cluster, this);
    }

    Fences fences() {
        return fences;
    }

    // ---- the control itself

    /** Returns which of its safety controls a server has, counted. */
    int control(Machine machine) {
        return controls.getOrDefault(machine.name(), 0);
    }

    /** Returns whether a server has none now. */
    boolean away(Machine machine) {
        return away.getOrDefault(machine.name(), -1) == machine.manager().run();
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
