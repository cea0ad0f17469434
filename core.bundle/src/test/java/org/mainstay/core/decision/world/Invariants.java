package org.mainstay.core.decision.world;

import java.util.HashMap;
import java.util.Map;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event.Presence;

/**
 * Asserts what must hold at every moment (design.md section 3): I1 once, never twice; I2 children first, parents off first;
 * newer epochs only. Instances of a group have the same tag on all servers here.
 */
public final class Invariants implements Watcher {
    private record Right(String server, long epoch) {}

    private final World world;
    private final Map<String, Right> rights = new HashMap<>();
    private boolean partitions;

    public Invariants(World world) {
        this.world = world;
    }

    /** Without quorum, fencing and safety check nothing can keep I1 when the servers are cut off from each other. */
    public void partitionsWithoutQuorum() {
        partitions = true;
    }

    @Override
    public void acts(Server server, Effect.RunAction action) {
        if (action.action().equals("restore")) {
            restores(server, action);
        } else if (action.action().equals("remove")) {
            removes(server, action.tag());
        }
    }

    private void restores(Server server, Effect.RunAction action) {
        String tag = action.tag();
        for (Server other : world.servers().values()) {
            if (other != server && other.powered() && other.kits().real(tag) != Presence.STOPPED) {
                fail(
                        "I1",
                        tag + " is restored on " + server + " while it is "
                                + other.kits().real(tag) + " on " + other);
            }
        }
        for (Dependency dependency : server.disk().rows(LcdSection.DEPENDENCIES).values()) {
            if (dependency.parent().equals(tag)
                    && !server.disk()
                            .instances()
                            .get(dependency.child())
                            .state()
                            .inService()) {
                fail("I2", tag + " is restored on " + server + " before its child " + dependency.child());
            }
        }
        Right before = rights.get(tag);
        boolean other = before != null && !before.server().equals(server.name()) && knows(server, before.server());
        if (other && before.epoch() >= action.epoch()) {
            fail("I4", tag + " is restored on " + server + " with epoch " + action.epoch() + " after " + before);
        }
        if (action.epoch() < 1
                || action.epoch()
                        != server.disk().instances().get(tag).ownership().epoch()) {
            fail("claim", tag + " is restored on " + server + " with an epoch that is not recorded: " + action.epoch());
        }
        rights.put(tag, new Right(server.name(), action.epoch()));
    }

    /** Returns whether a server follows what another one does. */
    private static boolean knows(Server server, String other) {
        var peer = server.state().peers().get(other);
        return peer != null && peer.current();
    }

    private void removes(Server server, String tag) {
        for (Dependency dependency : server.disk().rows(LcdSection.DEPENDENCIES).values()) {
            if (dependency.child().equals(tag)) {
                Instance parent = server.disk().instances().get(dependency.parent());
                if (parent.state().inService() || !parent.ownership().released()) {
                    fail("I2", tag + " is removed on " + server + " before its parent " + dependency.parent());
                }
            }
        }
    }

    /** Checks what can be checked between two events. */
    public void check() {
        Map<String, String> runs = new HashMap<>();
        for (Server server : world.servers().values()) {
            if (!server.powered()) {
                continue;
            }
            for (String tag : server.disk().instances().keySet()) {
                if (server.kits().real(tag) == Presence.STOPPED) {
                    continue;
                }
                String first = runs.put(tag, server.name());
                if (first != null) {
                    fail("I1", tag + " is on " + first + " and on " + server);
                }
            }
        }
    }

    private void fail(String invariant, String text) {
        if (partitions && invariant.equals("I1")) {
            return;
        }
        throw new AssertionError(invariant + " violated at " + world.now() + " ms: " + text);
    }
}
