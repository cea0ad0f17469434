package org.mainstay.sim;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.state.Fate;

/** The safety control of each manager: what fences, and the probes of the safety check. */
final class Safeguards {
    private static final long ROUND = 1_000;

    /** Who told it: a run of a manager, and one of its controls. */
    private record Told(int run, int control) {}

    private final Cluster cluster;
    private final Fences fences;
    private final Map<String, Integer> controls = new TreeMap<>();
    /** The run of the manager whose control is away. */
    private final Map<String, Integer> away = new TreeMap<>();

    /** What each control has told last. */
    private final Map<String, Map<String, Fate.Sight>> sights = new TreeMap<>();
    /** Whom a control that has replaced another one has reached. */
    private final Map<String, Set<String>> learnt = new TreeMap<>();

    private final Map<String, Integer> dark = new TreeMap<>();
    /** Who was told last that it is cut off, by what. */
    private final Map<String, Told> cutOff = new TreeMap<>();

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

    /** The control is replaced by one that comes after a while and has seen nothing yet. */
    void leave(Machine machine, long millis) {
        ManagerSide manager = machine.manager();
        if (!manager.up() || away(machine)) {
            return;
        }
        int run = manager.run();
        away.put(machine.name(), run);
        controls.merge(machine.name(), 1, Integer::sum);
        sights.remove(machine.name());
        learnt.put(machine.name(), new TreeSet<>());
        manager.post(new Event.SafetyAway());
        cluster.clock().after(millis, () -> away.remove(machine.name(), run));
    }

    // ---- being cut off

    /** No interface of a machine has a carrier for a while. */
    void dark(Machine machine, long millis) {
        dark.merge(machine.name(), 1, Integer::sum);
        cluster.clock().after(millis, () -> dark.merge(machine.name(), -1, Integer::sum));
        watch(machine);
    }

    private boolean dark(Machine machine) {
        return dark.getOrDefault(machine.name(), 0) > 0;
    }

    private void watch(Machine machine) {
        cluster.clock().after(cluster.about(ROUND), () -> {
            if (machine.manager().up() && machine.managerRuns() && !away(machine)) {
                tellCutOff(machine);
            }
            if (dark(machine) || cutOff.containsKey(machine.name())) {
                watch(machine);
            }
        });
    }

    private void tellCutOff(Machine machine) {
        ManagerSide manager = machine.manager();
        boolean connected = cluster.names().stream().anyMatch(manager::reaches);
        Told now = new Told(manager.run(), control(machine));
        Told before = cutOff.get(machine.name());
        if (dark(machine) && !connected) {
            if (!now.equals(before)) {
                cutOff.put(machine.name(), now);
                manager.post(new Event.CutOff(true, "no carrier on eth0"));
            }
        } else if (before != null && (now.equals(before) || connected)) {
            cutOff.remove(machine.name());
            manager.post(new Event.CutOff(false, ""));
        } else if (before != null && now.run() != before.run()) {
            cutOff.remove(machine.name());
        }
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
            sights.remove(machine.name());
            learnt.remove(machine.name());
            look(machine, machine.manager().run());
        }
    }

    private void look(Machine machine, int run) {
        cluster.clock().after(cluster.about(ROUND), () -> {
            if (!machine.manager().up() || machine.manager().run() != run) {
                return;
            }
            for (Machine other : cluster.machines()) {
                if (other != machine && !away(machine)) {
                    look(machine, other);
                }
            }
            look(machine, run);
        });
    }

    private void look(Machine machine, Machine other) {
        // A control that has replaced another one counts only probes that have worked while it looked and a path was
        // alive.
        Set<String> known = learnt.get(machine.name());
        boolean reached = machine.manager().reaches(other.name());
        if (known != null && reached) {
            known.add(other.name());
        }
        if (known != null && !known.contains(other.name())) {
            return;
        }
        Map<String, Fate.Sight> last = sights.computeIfAbsent(machine.name(), name -> new TreeMap<>());
        Fate.Sight sight = Fate.Sight.UNKNOWN;
        if (!reached && !dark(machine)) {
            boolean seen =
                    other.runs() && !dark(other) && blind == 0 && cluster.mutant() != Mutant.SAFETY_CHECK_IGNORED;
            sight = seen ? Fate.Sight.SEEN : Fate.Sight.UNSEEN;
        }
        if (sight != last.put(other.name(), sight)) {
            machine.manager().post(new Event.PeerSighted(other.name(), sight, 0, "ICMP"));
        }
    }
}
