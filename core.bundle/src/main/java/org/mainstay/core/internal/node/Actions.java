package org.mainstay.core.internal.node;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.decision.state.ServiceOperation;
import org.mainstay.core.internal.guard.BootTime;
import org.mainstay.core.internal.run.ActionOrder;
import org.mainstay.core.internal.run.ActionRunner;
import org.mainstay.core.internal.run.Ended;
import org.mainstay.core.internal.run.KitRegistry;
import org.mainstay.core.internal.run.Resources;
import org.mainstay.core.internal.run.Running;
import org.mainstay.kit.Action;
import org.mainstay.kit.Outcome;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Actions the decision core asked for. Each ends in exactly one {@code ActionFinished}, with two exceptions on purpose: while the
 * runtime drains, what is not yet begun is left alone, and what it cuts short stays journaled as begun; both are repeated after
 * the next start. An action whose kit is being upgraded is repeated by the new version (I8). Thread-safe.
 */
final class Actions {
    private static final Logger LOG = LoggerFactory.getLogger(Actions.class);
    private static final long RETRY_MILLIS = 100;

    private final Starter starter;
    private final KitRegistry kits;
    private final ScheduledExecutorService timer;
    private final Duration kitWait;
    private final BooleanSupplier guarded;
    private final Consumer<Event> loop;
    private final Progress progress;
    /** From the moment it is asked for until its end is reported: it can be given up at any time between. */
    private final Map<String, Pending> pending = new HashMap<>();

    private boolean draining;
    private volatile CoreState state;

    /** Starts an action; {@link ActionRunner#run(ActionOrder, Supplier, Consumer)}. */
    @FunctionalInterface
    interface Starter {
        Running<Outcome> run(ActionOrder order, Supplier<Optional<String>> refusal, Consumer<String> progress);
    }

    /** An action that has not been reported as ended. Guarded by the actions. */
    private static final class Pending {
        boolean cancelled;
        /** The call into its kit; null while there is none. */
        Running<Outcome> running;
    }

    /** Takes what actions tell the operator. */
    interface Progress {
        /** @param requestId who waits for it here; empty if nobody does */
        void told(String tag, String requestId, String text);
    }

    /**
     * @param kitWait how long an action waits for a kit that is away, as during its upgrade
     * @param guarded whether the guard is there, and so knows what to end
     */
    Actions(
            Starter starter,
            KitRegistry kits,
            ScheduledExecutorService timer,
            Duration kitWait,
            BooleanSupplier guarded,
            Consumer<Event> loop,
            Progress progress) {
        this.starter = starter;
        this.kits = kits;
        this.timer = timer;
        this.kitWait = kitWait;
        this.guarded = guarded;
        this.loop = loop;
        this.progress = progress;
    }

    void entered(CoreState now) {
        state = now;
    }

    /** Begins an action. */
    void run(Effect.RunAction run) {
        synchronized (this) {
            pending.put(run.actionId(), new Pending());
        }
        start(run, System.nanoTime() + kitWait.toNanos());
    }

    /** Gives an action up; its end is still reported. One that is over is left alone. */
    void cancel(String actionId) {
        Running<Outcome> its;
        synchronized (this) {
            Pending one = pending.get(actionId);
            if (one == null) {
                return;
            }
            one.cancelled = true;
            its = one.running;
        }
        giveUp(its);
    }

    private static void giveUp(Running<Outcome> its) {
        if (its != null) {
            its.cancel("the operation it belongs to was given up");
        }
    }

    private synchronized boolean cancelled(String actionId) {
        Pending one = pending.get(actionId);
        return one != null && one.cancelled;
    }

    /** From now on nothing is begun and what is cut short is not reported. */
    synchronized void drain() {
        draining = true;
    }

    private void start(Effect.RunAction run, long kitDeadline) {
        Optional<ActionOrder> order = order(run);
        if (order.isEmpty()) {
            finished(run, Ended.Result.of("there is no resource '" + run.tag() + "' here any more"));
            return;
        }
        synchronized (this) {
            if (draining) {
                LOG.info("{} of {} is left for the next start", run.action(), run.tag());
                pending.remove(run.actionId());
                return;
            }
        }
        if (cancelled(run.actionId())) {
            finished(run, Ended.Result.of("it was given up before it began"));
            return;
        }
        if (limited(run) && !guarded.getAsBoolean() && refusal(run).isEmpty()) {
            // What a guard that is away does not know of it would not end if this manager died, too (decision 0380).
            again(run, kitDeadline);
            return;
        }
        boolean noKit = kits.find(
                        order.get().resource().application(),
                        order.get().resource().type())
                .isEmpty();
        if (noKit && System.nanoTime() - kitDeadline < 0) {
            again(run, kitDeadline);
            return;
        }
        Running<Outcome> begun = starter.run(order.get(), () -> refusal(run), message -> tell(run, message));
        boolean late;
        synchronized (this) {
            Pending one = pending.get(run.actionId());
            one.running = begun;
            late = one.cancelled;
        }
        begun.result().thenAccept(ended -> ended(run, ended));
        if (late) {
            giveUp(begun);
        }
    }

    private void ended(Effect.RunAction run, Ended<Outcome> ended) {
        boolean repeat;
        synchronized (this) {
            Pending one = pending.get(run.actionId());
            one.running = null;
            // What fails while everything around it is taken down says nothing of the resource: a mirror's control goes
            // before core.
            if (draining && !Ended.Result.of(ended).succeeded()) {
                LOG.info(
                        "{} of {} was cut short and is repeated after the next start: {}",
                        run.action(),
                        run.tag(),
                        Ended.Result.of(ended).message());
                pending.remove(run.actionId());
                return;
            }
            repeat = ended.how() == Ended.How.CANCELLED && !one.cancelled;
        }
        if (repeat) {
            LOG.info("{} of {} is repeated as soon as its kit is back: {}", run.action(), run.tag(), ended.message());
            again(run, System.nanoTime() + kitWait.toNanos());
        } else {
            finished(run, Ended.Result.of(ended));
        }
    }

    private void again(Effect.RunAction run, long kitDeadline) {
        if (!timer.isShutdown()) {
            timer.schedule(() -> start(run, kitDeadline), RETRY_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void finished(Effect.RunAction run, Ended.Result how) {
        synchronized (this) {
            pending.remove(run.actionId());
        }
        loop.accept(new Event.ActionFinished(run.actionId(), run.tag(), run.action(), how.succeeded(), how.message()));
    }

    private static boolean limited(Effect.RunAction run) {
        return run.rightUntil() != Long.MAX_VALUE;
    }

    /** Looked at immediately before the action starts, however long it waited for its turn (design.md section 10). */
    private Optional<String> refusal(Effect.RunAction run) {
        return limited(run) && !state.right().covers(run.rightUntil(), BootTime.millis())
                ? Optional.of("this server's right to run resources ended before the action could start")
                : Optional.empty();
    }

    private Optional<ActionOrder> order(Effect.RunAction run) {
        Action action = named(run.action());
        return Resources.order(state.own(), run.tag(), action, run.reason(), run.takeover())
                .map(order -> run.handedOver() ? order.afterHandover() : order)
                .map(order -> action == Action.EXTRA ? order.withOwnAction(run.action(), run.arguments()) : order);
    }

    private static Action named(String name) {
        for (Action action : Action.values()) {
            if (action.actionName().equals(name)) {
                return action;
            }
        }
        return Action.EXTRA;
    }

    private void tell(Effect.RunAction run, String message) {
        String requestId = "";
        for (ServiceOperation operation : state.operations()) {
            boolean its = run.actionId().equals(operation.work().running().get(run.tag()));
            if (its && operation.asker().present() && operation.asker().peer().isEmpty()) {
                requestId = operation.asker().requestId();
            }
        }
        progress.told(run.tag(), requestId, run.tag() + ": " + message);
    }
}
