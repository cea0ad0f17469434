package org.mainstay.sim;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Wanted;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event.Presence;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.state.Safety;

/** What must hold at every moment (design.md section 3). */
final class Checks {
    /** Numbers of an epoch that differ in its owner only. */
    private static final long OWNERS = 256;
    /** The guard looks, ends what it finds, and looks again if that failed, milliseconds. */
    private static final long AWAKE = 4_000;

    /** What keeps something out of service after all faults are over: a kit that failed too often, or could not stop it. */
    private static final List<String> FOR_PEOPLE =
            List.of("has failed", "could not stop", "not certainly stopped", "confirm-stopped");

    private record Owned(String tag, long epoch) {}

    private final Cluster cluster;
    private final Map<String, Set<String>> where = new TreeMap<>();
    private final Map<Owned, String> owners = new HashMap<>();
    private final Set<String> answered = new HashSet<>();
    private final Map<String, Machine> open = new HashMap<>();
    private final Map<String, String> flags = new HashMap<>();
    /** By resource and machine until when. */
    private final Map<String, Map<String, Long>> excused = new HashMap<>();

    private final Map<String, Set<String>> expected = new TreeMap<>();

    Checks(Cluster cluster) {
        this.cluster = cluster;
    }

    private Violation violation(String invariant, String text) {
        return new Violation(invariant, cluster.now(), text);
    }

    // ---- I1

    void presence(Machine machine, String tag, Presence presence) {
        Set<String> machines = where.computeIfAbsent(tag, key -> new TreeSet<>());
        if (presence == Presence.STOPPED) {
            machines.remove(machine.name());
            excused.computeIfAbsent(tag, key -> new HashMap<>()).remove(machine.name());
        } else if (machines.add(machine.name())) {
            once(tag);
        }
    }

    private void once(String tag) {
        Map<String, Long> late = excused.getOrDefault(tag, Map.of());
        Set<String> machines = where(tag);
        long sound = machines.stream()
                .filter(name -> late.getOrDefault(name, 0L) <= cluster.now())
                .count();
        if (sound > 1) {
            throw violation("I1", tag + " runs on " + String.join(" and ", machines) + " at once");
        }
        if (machines.size() > 1) {
            long next = machines.stream()
                    .mapToLong(name -> late.getOrDefault(name, 0L))
                    .filter(until -> until > cluster.now())
                    .min()
                    .orElseThrow();
            cluster.clock().after(next - cluster.now(), () -> once(tag));
        }
    }

    /**
     * A machine stands still for longer than is tolerated: what it ran then, and nothing else, may run beside another until shortly
     * after it goes on.
     */
    void excuse(Machine machine, long millis) {
        where.forEach((tag, machines) -> {
            if (machines.contains(machine.name())) {
                excused.computeIfAbsent(tag, key -> new HashMap<>())
                        .put(machine.name(), cluster.now() + millis + AWAKE);
            }
        });
    }

    Set<String> where(String tag) {
        return where.getOrDefault(tag, Set.of());
    }

    // ---- I2 and epochs

    void acts(Machine machine, Effect.RunAction action) {
        cluster.say(machine + " begins to " + action.action() + " " + action.tag()
                + (action.takeover() ? " (takeover)" : ""));
        String tag = action.tag();
        if (action.action().equals("restore")) {
            wins(machine, action);
            for (Dependency row : machine.lcd().rows(LcdSection.DEPENDENCIES).values()) {
                boolean child = row.parent().equals(tag);
                if (child && !machine.lcd().instances().get(row.child()).state().inService()) {
                    throw violation("I2", tag + " is restored on " + machine + " before its child " + row.child());
                }
            }
            long epoch = machine.lcd().instances().get(tag).ownership().epoch();
            if (action.epoch() < 1 || action.epoch() != epoch && cluster.mutant() == Mutant.NONE) {
                throw violation("epoch", tag + " is restored on " + machine + " with an epoch that is not recorded");
            }
        } else if (action.action().equals("remove")) {
            for (Dependency row : machine.lcd().rows(LcdSection.DEPENDENCIES).values()) {
                Instance parent = machine.lcd().instances().get(row.parent());
                boolean child = row.child().equals(tag);
                if (child && (parent.state().inService() || !parent.ownership().released())) {
                    throw violation("I2", tag + " is removed on " + machine + " before its parent " + row.parent());
                }
            }
        }
    }

    /**
     * Nobody owns an epoch that another one has owned, won or handed over, where the right to run is a lease; and of two claims
     * that were chosen from the same knowledge only one is won, where promises are counted: they differ in their owners only.
     */
    private void wins(Machine machine, Effect.RunAction action) {
        if (cluster.plan().leased()) {
            owns(machine, action, action.epoch());
        }
        if (cluster.plan().quorum() == Safety.Quorum.MAJORITY && !action.handedOver()) {
            owns(machine, action, -action.epoch() / OWNERS);
        }
    }

    private void owns(Machine machine, Effect.RunAction action, long key) {
        String before = owners.putIfAbsent(new Owned(action.tag(), key), machine.name());
        if (before != null && !before.equals(machine.name())) {
            throw violation(
                    "epoch",
                    before + " and " + machine + " both owned " + action.tag() + " with epoch " + action.epoch()
                            + ", but for the owner's place in it");
        }
    }

    // ---- requests and I3

    void asked(Machine machine, String id, ServiceRequest request) {
        open.put(id, machine);
        if (request instanceof ServiceRequest.ChangeOwn change) {
            flags.put(id, change.changes().get(0).key());
        }
    }

    void answers(Machine machine, String id, Reply reply) {
        cluster.say(machine + " answers " + reply.exitCode() + ": " + reply.message());
        if (!answered.add(id)) {
            throw violation("answer", "request " + id + " was answered twice on " + machine);
        }
        open.remove(id);
        if (reply.succeeded() && flags.containsKey(id)) {
            expected.computeIfAbsent(machine.name(), key -> new TreeSet<>()).add(flags.get(id));
        }
    }

    void dies(Machine machine, boolean power) {
        cluster.say(machine + (power ? " loses power" : " loses its manager"));
        open.values().removeIf(one -> one == machine);
    }

    // ---- the end

    /** Returns what is wanted in service and is not. */
    Set<String> missing() {
        Set<String> result = new TreeSet<>();
        for (String tag : cluster.plan().tags()) {
            boolean serves = cluster.machines().stream()
                    .anyMatch(machine -> machine.apps().real(tag) == Presence.RUNNING
                            && machine.lcd().instances().get(tag).state().inService());
            boolean wanted = cluster.plan().hierarchy(tag).stream().allMatch(this::wanted);
            if (wanted && !serves) {
                result.add(tag);
            }
        }
        return result;
    }

    private boolean wanted(String tag) {
        long newest = -1;
        boolean in = false;
        for (Machine machine : cluster.machines()) {
            Instance instance = machine.lcd().instances().get(tag);
            if (instance == null) {
                continue;
            }
            boolean one = instance.ownership().wanted() == Wanted.IN;
            long revision = instance.ownership().wantedRevision();
            in = revision > newest ? one : revision == newest ? in && one : in;
            newest = Math.max(newest, revision);
        }
        return in;
    }

    /**
     * Everything that is wanted serves, or some server names what a person has to do: what waits for anything else waits in vain
     * when everything has worked again for so long.
     */
    void servesOrSaysWhy() {
        for (String tag : missing()) {
            boolean said = cluster.machines().stream()
                    .filter(machine ->
                            machine.manager().up() && machine.manager().state() != null)
                    .map(machine -> machine.manager().state().obstacles().getOrDefault(tag, ""))
                    .anyMatch(text -> FOR_PEOPLE.stream().anyMatch(text::contains));
            if (!said) {
                throw violation(
                        "I9",
                        tag + " is wanted, serves nowhere, and no server says what a person has to do; " + states(tag));
            }
        }
    }

    void serves(String when) {
        Set<String> missing = missing();
        if (!missing.isEmpty()) {
            String tag = missing.iterator().next();
            throw violation("I9", when + " healthy servers do not serve " + missing + "; " + states(tag));
        }
    }

    String states(String tag) {
        StringBuilder text = new StringBuilder();
        for (Machine machine : cluster.machines()) {
            text.append(machine).append(": ");
            Instance instance = machine.lcd().instances().get(tag);
            if (instance != null) {
                text.append(instance.state())
                        .append(' ')
                        .append(instance.ownership())
                        .append(' ');
            }
            text.append(machine.guardSide().view()).append(' ');
            if (machine.manager().up() && machine.manager().state() != null) {
                text.append(machine.manager().state().obstacles());
            } else {
                text.append("no manager");
            }
            text.append("\n    ");
        }
        return text.toString();
    }

    void nothingLeft() {
        if (!open.isEmpty()) {
            throw violation("answer", "requests without answer: " + open);
        }
        expected.forEach((server, names) -> names.forEach(flag -> {
            boolean there =
                    cluster.machine(server).lcd().row(LcdSection.FLAGS, flag).isPresent();
            if (!there) {
                throw violation("I3", "the acknowledged flag " + flag + " is lost on " + server);
            }
        }));
    }
}
