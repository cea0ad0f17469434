package org.mainstay.core.decision.world;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Event.Presence;

/** What really runs on a machine, and how its kits behave. */
public final class Kits {
    private static final long ACTION = 200;
    private static final long CHECK = 5_000;

    /** How an action of a resource ends, as long as it is set. */
    private record Misbehaviour(String action, String tag) {}

    private record Running(Effect.RunAction action, int run) {}

    private final World world;
    private final Server server;
    private final Map<String, Presence> real = new TreeMap<>();
    private final Map<Misbehaviour, Integer> failing = new HashMap<>();
    private final Set<String> hanging = new TreeSet<>();
    private final List<Running> running = new ArrayList<>();
    private Set<String> monitored = Set.of();

    Kits(World world, Server server) {
        this.world = world;
        this.server = server;
    }

    /** Returns what really is on the machine. */
    public Presence real(String tag) {
        return real.getOrDefault(tag, Presence.STOPPED);
    }

    public void set(String tag, Presence presence) {
        real.put(tag, presence);
    }

    /** Lets an action ({@code restore}, {@code remove}, {@code recover}, {@code kill}, {@code probe}) fail some times. */
    public void fail(String action, String tag, int times) {
        failing.put(new Misbehaviour(action, tag), times);
    }

    /** Lets an action take until it is cancelled. */
    public void hang(String action, String tag, boolean hangs) {
        String key = action + " " + tag;
        if (hangs) {
            hanging.add(key);
        } else {
            hanging.remove(key);
        }
    }

    public void heal() {
        failing.clear();
        List.copyOf(hanging).forEach(hanging::remove);
    }

    /** Returns whether the next action fails. */
    private boolean fails(String action, String tag) {
        Misbehaviour key = new Misbehaviour(action, tag);
        int left = failing.getOrDefault(key, 0);
        if (left > 0) {
            failing.put(key, left - 1);
        }
        return left > 0;
    }

    void powerOff() {
        real.clear();
        running.clear();
        monitored = Set.of();
    }

    /** The manager is gone: what it was doing stays half done, or was done but not reported. */
    void interrupt() {
        for (Running one : running) {
            String tag = one.action().tag();
            if (one.action().action().equals("restore") || one.action().action().equals("remove")) {
                boolean done = world.chance(0.3);
                real.put(tag, done ? result(one.action().action()) : Presence.PARTIAL);
            }
        }
        running.clear();
        monitored = Set.of();
    }

    private static Presence result(String action) {
        return action.equals("remove") ? Presence.STOPPED : Presence.RUNNING;
    }

    void run(Effect.RunAction action) {
        if (!server.state().right().covers(action.rightUntil(), world.now())) {
            String text = "this server's right to run resources ended before the action could start";
            server.later(1, new Event.ActionFinished(action.actionId(), action.tag(), action.action(), false, text));
            return;
        }
        Running now = new Running(action, server.run());
        running.add(now);
        world.watchers().forEach(watcher -> watcher.acts(server, action));
        if (action.action().equals("restore") && real(action.tag()) != Presence.RUNNING) {
            real.put(action.tag(), Presence.PARTIAL);
        }
        if (!hanging.contains(action.action() + " " + action.tag())) {
            world.after(world.about(ACTION), () -> finish(now, false));
        }
    }

    void cancel(String actionId) {
        for (Running one : List.copyOf(running)) {
            if (one.action().actionId().equals(actionId)) {
                world.after(world.about(10), () -> finish(one, true));
            }
        }
    }

    /** Ends what hangs, as a time limit does. */
    public void timeOut() {
        for (Running one : List.copyOf(running)) {
            finish(one, true);
        }
    }

    private void finish(Running one, boolean cancelled) {
        if (!running.remove(one) || !server.managerUp() || server.run() != one.run()) {
            return;
        }
        Effect.RunAction action = one.action();
        String tag = action.tag();
        boolean succeeds = !cancelled && !fails(action.action(), tag);
        boolean changes = !action.action().equals("recover") && !action.action().startsWith("extra");
        if (succeeds) {
            if (changes || action.action().equals("recover")) {
                real.put(tag, result(action.action()));
            }
        } else if (changes && real(tag) == Presence.RUNNING && world.chance(0.5)) {
            real.put(tag, Presence.PARTIAL);
        }
        world.watchers().forEach(watcher -> watcher.acted(server, action, succeeds));
        String text = succeeds ? action.action() + " done" : cancelled ? "cancelled" : "the kit reports a failure";
        server.feed(new Event.ActionFinished(action.actionId(), tag, action.action(), succeeds, text));
    }

    void findHandles(String tag) {
        server.later(world.about(2), new Event.HandlesKnown(tag, List.of("CGROUP\t/mainstay/" + tag)));
    }

    void probe(String tag) {
        int run = server.run();
        world.after(world.about(20), () -> {
            if (server.managerUp() && server.run() == run) {
                Presence presence = fails("probe", tag) ? Presence.UNKNOWN : real(tag);
                server.feed(new Event.ProbeFinished(tag, presence, "the probe says " + presence));
            }
        });
    }

    void kill(String tag) {
        int run = server.run();
        boolean succeeds = !fails("kill", tag);
        world.watchers().forEach(watcher -> watcher.kills(server, tag, succeeds));
        world.after(world.about(20), () -> {
            if (server.managerUp() && server.run() == run) {
                if (succeeds) {
                    real.put(tag, Presence.STOPPED);
                }
                String text = succeeds ? "processes ended" : "processes do not end";
                server.feed(new Event.KillFinished(tag, succeeds, text));
            }
        });
    }

    /** The guard ends a resource, with or without a manager. */
    void guardKill(String tag) {
        boolean succeeds = !fails("kill", tag);
        world.watchers().forEach(watcher -> watcher.guardKills(server, tag, succeeds));
        if (succeeds) {
            real.put(tag, Presence.STOPPED);
        }
    }

    void monitor(Set<String> tags) {
        for (String tag : tags) {
            if (!monitored.contains(tag)) {
                check(tag, server.run());
            }
        }
        monitored = new TreeSet<>(tags);
    }

    private void check(String tag, int run) {
        world.after(world.about(CHECK), () -> {
            if (server.managerUp() && server.run() == run && monitored.contains(tag)) {
                if (real(tag) != Presence.RUNNING) {
                    server.feed(new Event.CheckFailed(tag, "quickCheck", "it does not answer"));
                }
                check(tag, run);
            }
        });
    }
}
