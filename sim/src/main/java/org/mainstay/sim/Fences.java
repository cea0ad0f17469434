package org.mainstay.sim;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.mainstay.core.decision.event.Event;

/**
 * Fencing as the service of quorum.bundle does it: each fencing has a name and is answered by it, also after it was given up; the
 * fencings of one target by one server wait for each other; what is given up before its agent runs calls none, an agent that runs
 * goes on.
 */
final class Fences {
    private static final long FENCING = 1_800;
    /** What a service does around the agent. */
    private static final int AROUND = 100;
    /** How long an agent that answers late does so after the machine is off. */
    private static final long LATE = 70_000;

    private static final long OFF = 30_000;

    /** The service of one run of a manager and of its safety control. */
    private record Service(Machine asker, int run, int control) {}

    private final Cluster cluster;
    private final Safeguards controls;
    private final Map<String, Integer> broken = new TreeMap<>();
    private final Map<String, Integer> late = new TreeMap<>();
    private final Map<String, Long> turns = new HashMap<>();
    private final Set<String> givenUp = new HashSet<>();

    Fences(Cluster cluster, Safeguards controls) {
        this.cluster = cluster;
        this.controls = controls;
    }

    /** Fencing of a machine fails for a while. */
    void fail(String name, long millis) {
        during(broken, name, millis);
    }

    /** Agents that switch a machine off in the next time answer long after they have done it. */
    void answerLate(String name, long millis) {
        during(late, name, millis);
    }

    private void during(Map<String, Integer> of, String name, long millis) {
        of.merge(name, 1, Integer::sum);
        cluster.clock().after(millis, () -> of.merge(name, -1, Integer::sum));
    }

    /** Returns whose fencing fails, and whose is answered late. */
    Object state() {
        return cluster.plan().fenced() ? names(broken) + " " + names(late) : "";
    }

    private static Object names(Map<String, Integer> of) {
        return of.entrySet().stream()
                .filter(one -> one.getValue() > 0)
                .map(Map.Entry::getKey)
                .toList();
    }

    private static boolean holds(Map<String, Integer> of, String peer) {
        return of.getOrDefault(peer, 0) > 0;
    }

    /** Fences a machine; a safety control that is away says at once that it does not. */
    void fence(Machine asker, String peer, String request) {
        Service service = new Service(asker, asker.manager().run(), controls.control(asker));
        if (controls.away(asker)) {
            asker.manager()
                    .post(new Event.FenceFinished(peer, request, false, "quorum.bundle, which fences, is not running"));
            return;
        }
        String turn = turn(service, peer);
        long wait = Math.max(0, turns.getOrDefault(turn, 0L) - cluster.now());
        boolean answersLate = holds(late, peer);
        long begins = wait + cluster.random(AROUND);
        long agent = cluster.about(FENCING);
        long answer = answersLate ? cluster.about(LATE) : cluster.random(AROUND);
        turns.put(turn, cluster.now() + begins + agent + answer);
        cluster.clock().after(begins, () -> {
            if (!serves(service) || givenUp.contains(name(service, request))) {
                turns.put(turn, cluster.now());
                answer(service, peer, request, false, "given up");
                return;
            }
            cluster.clock().after(agent, () -> {
                // An agent runs on when who called it is gone.
                boolean works = switchOff(asker, peer);
                boolean lies = !works && cluster.mutant() == Mutant.FENCING_WITHOUT_STATUS;
                String evidence = works || lies ? "the device says off" : "the device does not answer";
                cluster.clock().after(answer, () -> answer(service, peer, request, works || lies, evidence));
            });
        });
    }

    /** The reason of a fencing is gone. */
    void giveUp(Machine asker, String request) {
        if (!controls.away(asker)) {
            givenUp.add(name(new Service(asker, asker.manager().run(), controls.control(asker)), request));
        }
    }

    private boolean switchOff(Machine asker, String peer) {
        Machine machine = cluster.machine(peer);
        if (holds(broken, peer)) {
            return false;
        }
        cluster.say(peer + " is fenced for " + asker);
        if (machine.powered()) {
            machine.powerOff();
            cluster.clock().after(cluster.about(OFF), machine::powerOn);
        }
        return true;
    }

    private void answer(Service service, String peer, String request, boolean confirmed, String evidence) {
        givenUp.remove(name(service, request));
        if (serves(service)) {
            service.asker().manager().post(new Event.FenceFinished(peer, request, confirmed, evidence));
        }
    }

    /** Returns whether anybody hears what it says. */
    private boolean serves(Service service) {
        ManagerSide manager = service.asker().manager();
        return manager.up()
                && manager.run() == service.run()
                && controls.control(service.asker()) == service.control()
                && !controls.away(service.asker());
    }

    private static String turn(Service service, String peer) {
        return name(service, ">" + peer);
    }

    private static String name(Service service, String what) {
        return service.asker() + "/" + service.run() + "/" + service.control() + "/" + what;
    }
}
