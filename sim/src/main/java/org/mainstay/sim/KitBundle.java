package org.mainstay.sim;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;

/**
 * The kit of all resources, as a part of a manager that can be stopped and started while the manager runs. What is asked of it
 * meanwhile waits for it for a while, as during its upgrade; what runs in it may end, and is repeated if it does not in time.
 */
final class KitBundle {
    private static final long DRAIN = 10_000;
    private static final long WAIT = 10_000;
    private static final long AGAIN = 500;

    private final Cluster cluster;
    private final Machine machine;
    /** Actions that wait for it, and whether they were given up. */
    private final Map<String, Boolean> waiting = new HashMap<>();

    private int goneIn = -1;

    KitBundle(Cluster cluster, Machine machine) {
        this.cluster = cluster;
        this.machine = machine;
    }

    /** Returns whether it is stopped in the present run of the manager. */
    boolean gone() {
        return goneIn == machine.manager().run();
    }

    /** It is stopped, and started again after a while; a manager that is started again has it. */
    void stop(long millis) {
        ManagerSide manager = machine.manager();
        if (!manager.up() || gone()) {
            return;
        }
        int run = manager.run();
        goneIn = run;
        manager.post(new Event.KitGone(Plan.TYPE));
        cluster.clock().after(Math.min(DRAIN, millis), () -> {
            if (manager.up() && manager.run() == run) {
                machine.apps().repeat();
            }
        });
        cluster.clock().after(millis, () -> {
            if (goneIn == run) {
                goneIn = -1;
                if (manager.up() && manager.run() == run) {
                    manager.post(new Event.KitAppeared(Plan.TYPE));
                }
            }
        });
    }

    /** Begins an action as soon as the kit is there. @param begin begins it */
    void begin(Effect.RunAction action, Runnable begin) {
        if (gone()) {
            waiting.put(action.actionId(), false);
            retry(action, begin, machine.manager().run(), cluster.now() + WAIT);
        } else {
            begin.run();
        }
    }

    private void retry(Effect.RunAction action, Runnable begin, int run, long deadline) {
        cluster.clock().after(AGAIN, () -> {
            ManagerSide manager = machine.manager();
            if (!manager.up() || manager.run() != run) {
                return;
            }
            if (!machine.managerRuns() || gone() && !waiting.get(action.actionId()) && cluster.now() < deadline) {
                retry(action, begin, run, deadline);
                return;
            }
            boolean givenUp = waiting.remove(action.actionId());
            if (givenUp || gone()) {
                String text = givenUp ? "it was given up before it began" : "the kit is not installed here";
                manager.post(new Event.ActionFinished(action.actionId(), action.tag(), action.action(), false, text));
            } else {
                begin.run();
            }
        });
    }

    /** An action that waits is given up. */
    void cancel(String actionId) {
        waiting.computeIfPresent(actionId, (id, before) -> true);
    }

    /** The manager is gone, and with it what waits. */
    void interrupt() {
        waiting.clear();
    }

    /** Asks it for something that is not repeated for ever. @param ask asks, told whether it is there */
    void ask(Consumer<Boolean> ask) {
        ask(ask, machine.manager().run(), cluster.now() + WAIT);
    }

    private void ask(Consumer<Boolean> ask, int run, long deadline) {
        if (!gone() || cluster.now() >= deadline) {
            ask.accept(!gone());
            return;
        }
        cluster.clock().after(AGAIN, () -> {
            if (machine.manager().up() && machine.manager().run() == run) {
                ask(ask, run, deadline);
            }
        });
    }
}
