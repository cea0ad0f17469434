package org.mainstay.sim.operators;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.BegunAction;
import org.mainstay.cluster.lcd.Handover;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event.Presence;
import org.mainstay.core.decision.world.Server;
import org.mainstay.core.decision.world.Watcher;
import org.mainstay.core.decision.world.World;

/**
 * What must hold over time: acknowledged changes survive (I3), the death of a manager touches nothing (I4), each request is
 * answered once, and in the end everything wanted serves or a reason is given (I9).
 */
final class Audit implements Watcher {
    private final World world;
    private final Scenery scenery;
    private final Map<String, Server> open = new HashMap<>();
    private final Set<String> answered = new HashSet<>();
    private final Map<String, List<String>> outs = new HashMap<>();
    private final Map<String, String> brings = new HashMap<>();
    private final Set<String> out = new TreeSet<>();
    private final Map<String, String> flags = new HashMap<>();
    private final Map<String, Set<String>> expected = new TreeMap<>();
    private final Map<String, Set<String>> together = new TreeMap<>();
    private final Set<String> untouched = new TreeSet<>();
    private int decisions;
    private int faults;

    Audit(World world, Scenery scenery) {
        this.world = world;
        this.scenery = scenery;
    }

    int decisions() {
        return decisions;
    }

    int faults() {
        return faults;
    }

    void fault() {
        faults++;
    }

    // ---- requests

    void asked(Server server, String id) {
        if (!answered.contains(id) && server.managerUp()) {
            open.put(id, server);
        }
    }

    /** A request to set a flag on one server: if acknowledged, it must be there for ever. */
    void flag(String id, String server, String flag) {
        flags.put(id, server + " " + flag);
        acknowledged(id, lastReply.get(id));
    }

    /** A request to set a flag on several servers, all or none. */
    void flags(String id, Set<String> servers, String flag) {
        together.put(flag, servers);
        servers.forEach(server -> flags.merge(id, server + " " + flag, (one, other) -> one + "," + other));
        acknowledged(id, lastReply.get(id));
    }

    void takesOut(String id, List<String> tags) {
        // A request to bring it in that still waits may rightly come after this one.
        boolean contended = brings.entrySet().stream()
                .anyMatch(entry -> open.containsKey(entry.getKey())
                        && scenery.hierarchy(entry.getValue()).containsAll(tags));
        if (contended) {
            return;
        }
        outs.put(id, tags);
        acknowledged(id, lastReply.get(id));
    }

    void asksFor(String id, String tag) {
        brings.put(id, tag);
    }

    void bringsIn(String tag) {
        scenery.hierarchy(tag).forEach(out::remove);
        outs.values().removeIf(tags -> !java.util.Collections.disjoint(tags, scenery.hierarchy(tag)));
    }

    private final Map<String, Reply> lastReply = new HashMap<>();

    @Override
    public void answers(Server server, String requestId, Reply reply) {
        if (!answered.add(requestId)) {
            throw new AssertionError("request " + requestId + " was answered twice on " + server);
        }
        open.remove(requestId);
        lastReply.put(requestId, reply);
        acknowledged(requestId, reply);
    }

    private void acknowledged(String requestId, Reply reply) {
        if (reply == null || !reply.succeeded()) {
            return;
        }
        if (flags.containsKey(requestId)) {
            for (String one : flags.get(requestId).split(",")) {
                String[] words = one.split(" ");
                expected.computeIfAbsent(words[0], key -> new TreeSet<>()).add(words[1]);
            }
        }
        // Who was not there when an operator took something out cannot know of it: without quorum no promise covers
        // that.
        if (world.servers().values().stream().allMatch(this::followed)) {
            out.addAll(outs.getOrDefault(requestId, List.of()));
        }
    }

    private boolean followed(Server server) {
        return server.managerUp()
                && world.servers().values().stream()
                        .allMatch(other -> other == server
                                || other.managerUp()
                                        && other.state().peers().containsKey(server.name())
                                        && other.state()
                                                .peers()
                                                .get(server.name())
                                                .current());
    }

    // ---- events

    @Override
    public void decided(
            Server server, org.mainstay.core.decision.event.Event event, org.mainstay.core.decision.Decision decision) {
        decisions++;
    }

    @Override
    public void acts(Server server, Effect.RunAction action) {
        if (action.action().equals("restore") && out.contains(action.tag())) {
            throw new AssertionError("I3 violated: " + action.tag() + " is restored on " + server
                    + " although an operator's out-of-service was acknowledged");
        }
        if (action.action().equals("remove") && untouched.contains(server + " " + action.tag())) {
            throw new AssertionError(
                    "I4 violated: " + action.tag() + " is removed on " + server + " because its manager was away");
        }
    }

    @Override
    public void dies(Server server, boolean machine) {
        faults++;
        open.values().removeIf(one -> one == server);
        forget(server);
        if (machine) {
            return;
        }
        for (Instance instance : server.disk().instances().values()) {
            String tag = instance.tag();
            boolean quiet = instance.state().inService()
                    && wanted(tag)
                    && server.kits().real(tag) == Presence.RUNNING
                    && server.disk().rows(LcdSection.ACTIONS).isEmpty()
                    && server.disk().rows(LcdSection.HANDOVERS).isEmpty();
            boolean newer = world.servers().values().stream()
                    .anyMatch(other -> other != server && newerAnywhere(server, other, tag));
            if (quiet && !newer) {
                untouched.add(server + " " + tag);
            }
        }
    }

    /** Returns whether another server owns a newer epoch of something in the hierarchy: then all of it may have to stop. */
    private boolean newerAnywhere(Server server, Server other, String tag) {
        return scenery.hierarchy(tag).stream()
                .anyMatch(one -> other.disk().instances().get(one).ownership().epoch()
                        > server.disk().instances().get(one).ownership().epoch());
    }

    /** An application died: its manager may touch it and what belongs to it. */
    void applicationDied(Server server, String tag) {
        scenery.hierarchy(tag).forEach(one -> untouched.remove(server + " " + one));
    }

    private void forget(Server server) {
        untouched.removeIf(one -> one.startsWith(server + " "));
    }

    @Override
    public void phase(Server server, Effect.PhaseChanged change) {
        if (change.phase() == Phase.AVAILABLE) {
            for (Instance instance : server.state().own().instances().values()) {
                boolean repeated =
                        server.disk().row(LcdSection.ACTIONS, instance.tag()).isPresent();
                if (untouched.contains(server + " " + instance.tag())
                        && !instance.state().inService()
                        && !repeated) {
                    throw new AssertionError("I4 violated: " + instance.tag() + " was not adopted on " + server + ": "
                            + instance.state() + " " + instance.reason());
                }
            }
        }
        if (change.phase() == Phase.STOPPED) {
            open.values().removeIf(one -> one == server);
        }
        forget(server);
    }

    // ---- the end

    void acknowledgedChangesSurvive() {
        expected.forEach((server, names) -> {
            for (String flag : names) {
                if (world.server(server).disk().row(LcdSection.FLAGS, flag).isEmpty()) {
                    throw new AssertionError("I3 violated: the acknowledged flag " + flag + " is lost on " + server);
                }
            }
        });
        together.forEach((flag, servers) -> {
            long count = servers.stream()
                    .filter(server -> world.server(server)
                            .disk()
                            .row(LcdSection.FLAGS, flag)
                            .isPresent())
                    .count();
            if (count != 0 && count != servers.size()) {
                throw new AssertionError(
                        "an operation over " + servers + " was done on " + count + " of them only: " + flag);
            }
        });
    }

    void nothingPending() {
        if (!open.isEmpty()) {
            throw new AssertionError("requests without answer: " + open);
        }
        for (Server server : world.servers().values()) {
            if (!server.state().operations().isEmpty()) {
                throw new AssertionError("operations without end on " + server + ": "
                        + server.state().operations());
            }
            for (LcdSection<?> section : List.of(LcdSection.ACTIONS, LcdSection.HANDOVERS, LcdSection.OPERATIONS)) {
                if (!server.disk().rows(section).isEmpty()) {
                    throw new AssertionError(
                            "rows left on " + server + ": " + server.disk().rows(section));
                }
            }
        }
    }

    /** Returns what is wanted in service with all it depends on, and is in service nowhere. */
    Set<String> missing() {
        TreeSet<String> result = new TreeSet<>();
        for (List<String> hierarchy : scenery.hierarchies()) {
            for (String tag : hierarchy) {
                TreeSet<String> all = scenery.below(tag);
                all.add(tag);
                boolean serves =
                        world.servers().values().stream().anyMatch(server -> server.powered() && mayRun(server, tag));
                if (all.stream().allMatch(this::wanted) && !serves) {
                    result.add(tag);
                }
            }
        }
        return result;
    }

    /** Returns whether something serves on a server, or is left there by a manager that is away. */
    private static boolean mayRun(Server server, String tag) {
        Instance instance = server.disk().instances().get(tag);
        BegunAction begun = server.disk().rows(LcdSection.ACTIONS).get(tag);
        boolean left = !instance.ownership().released()
                || begun != null && begun.action().equals("restore");
        return instance.state().inService() || !server.managerUp() && left;
    }

    /** What was released to a server whose manager stays away, and which it did not accept, is taken back (I9). */
    void nothingWaitsForWhoIsAway() {
        for (Server server : world.servers().values()) {
            for (Handover handover : server.managerUp()
                    ? server.disk().rows(LcdSection.HANDOVERS).values()
                    : Set.<Handover>of()) {
                Server to = world.server(handover.to());
                if (handover.from().equals(server.name())
                        && handover.step() == Handover.Step.RELEASED
                        && !to.managerUp()
                        && knows(server, to)) {
                    throw new AssertionError("I9 violated: " + handover + " waits for a manager that is away");
                }
            }
        }
    }

    boolean wanted(String tag) {
        long newest = -1;
        boolean in = false;
        for (Server server : world.servers().values()) {
            var ownership = server.disk().instances().get(tag).ownership();
            boolean one = ownership.wanted() == org.mainstay.cluster.lcd.Wanted.IN;
            if (ownership.wantedRevision() > newest) {
                newest = ownership.wantedRevision();
                in = one;
            } else if (ownership.wantedRevision() == newest) {
                in &= one;
            }
        }
        return in;
    }

    /** Returns whether a manager that is away did something nobody else heard of: its views are shown as unknown. */
    private boolean nobodyKnows() {
        return world.servers().values().stream()
                .filter(server -> !server.managerUp())
                .anyMatch(server -> world.servers().values().stream()
                        .filter(Server::managerUp)
                        .noneMatch(other -> knows(other, server)));
    }

    private static boolean knows(Server server, Server other) {
        return server.state().peers().get(other.name()).lcd().equals(other.disk());
    }

    /** Everything that is wanted and does not serve has a reason that can be shown. */
    void reasonsGiven() {
        for (String tag : nobodyKnows() ? Set.<String>of() : missing()) {
            boolean given = world.servers().values().stream()
                    .filter(Server::managerUp)
                    .anyMatch(server ->
                            !server.state().obstacles().getOrDefault(tag, "").isEmpty()
                                    || server.state().operations().stream()
                                            .anyMatch(operation ->
                                                    operation.tags().contains(tag)));
            if (!given) {
                throw new AssertionError(
                        "I9 violated: " + tag + " is wanted, serves nowhere, and no server says why" + said());
            }
        }
    }

    /** Returns what the servers say of what does not serve. */
    private String said() {
        StringBuilder text = new StringBuilder();
        for (Server server : world.servers().values()) {
            text.append("; ")
                    .append(server)
                    .append(": ")
                    .append(server.managerUp() ? server.state().obstacles() : "no manager");
        }
        return text.toString();
    }

    void allServe() {
        Set<String> missing = missing();
        if (!missing.isEmpty()) {
            throw new AssertionError("I9 violated: healthy servers do not serve " + missing + said());
        }
        for (Server server : world.servers().values()) {
            for (Instance instance : server.disk().instances().values()) {
                boolean runs = server.kits().real(instance.tag()) == Presence.RUNNING;
                if (instance.state().inService() != runs) {
                    throw new AssertionError(instance.tag() + " is " + instance.state() + " on " + server
                            + " but really " + server.kits().real(instance.tag()));
                }
            }
        }
    }
}
