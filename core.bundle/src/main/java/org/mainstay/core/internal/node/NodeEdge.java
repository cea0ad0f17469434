package org.mainstay.core.internal.node;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.effect.Notices;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.internal.event.Events;
import org.mainstay.core.internal.run.ActionRunner;
import org.mainstay.core.internal.run.Ended;
import org.mainstay.core.internal.run.Hang;
import org.mainstay.core.internal.run.Monitors;
import org.mainstay.core.internal.run.Resources;
import org.mainstay.kit.Action;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Executes the decision core's effects and brings what comes of them back as events. Methods run on the loop's thread. */
final class NodeEdge implements Loop.Edge {
    private static final Logger LOG = LoggerFactory.getLogger(NodeEdge.class);
    private static final long AGAIN_MILLIS = 500;
    private static final int TRIES = 20;

    /** What the edge works with. */
    record Parts(
            ActionRunner runner,
            Actions actions,
            Monitors monitors,
            Timers timers,
            PeerLinks links,
            PendingRequests requests,
            Publisher publisher,
            GuardFeed guard,
            SafetyFeed safety,
            Events events) {}

    private final Parts parts;
    private final Consumer<Event> loop;
    /** How far the kill handles of a resource ended what a hanging action may have begun, by tag. */
    private final Map<String, Killed> killed = new ConcurrentHashMap<>();
    /** Why the kill handles of what is about to be restored are not known, by tag. */
    private final Map<String, String> withoutHandles = new ConcurrentHashMap<>();

    private volatile CoreState state;

    /**
     * A round of kill handles.
     *
     * @param done whether all were executed
     * @param loose whether an action that hung could still start something after them
     */
    private record Killed(boolean done, boolean loose) {
        static final Killed NEVER = new Killed(false, false);
    }

    NodeEdge(CoreState initial, Parts parts, Consumer<Event> loop) {
        this.state = initial;
        this.parts = parts;
        this.loop = loop;
    }

    @Override
    public void entered(CoreState now) {
        state = now;
        parts.actions().entered(now);
        parts.publisher().entered(now);
        parts.guard().entered(now);
        parts.safety().entered(now.own());
        // Before anything is begun that peers must know of: a guard that outlives this manager tells them the version.
        parts.guard().alive(now);
        parts.monitors().update(now.own(), now.monitored());
    }

    @Override
    public void alive(CoreState now) {
        parts.guard().alive(now);
    }

    @Override
    public void committing(long ageMillis) {
        parts.guard().committing(ageMillis);
    }

    @Override
    public void overdue(long ageMillis) {
        String text =
                "the disk of the configuration database of " + state.self() + " does not answer: a change has waited"
                        + " for more than " + TimeUnit.MILLISECONDS.toSeconds(ageMillis)
                        + " s; new requests and claims are refused, what runs goes on";
        // Whoever watches the disk must not wait for the log's.
        Thread teller = new Thread(
                () -> parts.events().add(Notices.PERSIST_SLOW, ClusterEvent.Level.ERROR, "", text),
                "mainstay-disk-news");
        teller.setDaemon(true);
        teller.start();
    }

    @Override
    public void execute(Effect effect) {
        if (effect instanceof Effect.RunAction run) {
            runAction(run);
        } else if (effect instanceof Effect.CancelAction cancel) {
            parts.actions().cancel(cancel.actionId());
        } else if (effect instanceof Effect.FindHandles find) {
            findHandles(find.tag(), TRIES);
        } else if (effect instanceof Effect.Probe probe) {
            probe(probe.tag(), TRIES);
        } else if (effect instanceof Effect.RunKillHandles kill) {
            runKillHandles(kill);
        } else {
            executeLocal(effect);
        }
    }

    private void executeLocal(Effect effect) {
        if (effect instanceof Effect.Send send) {
            parts.links().send(send.peer(), send.session(), send.message());
        } else if (effect instanceof Effect.StartTimer timer) {
            parts.timers().start(timer.id(), timer.millis());
        } else if (effect instanceof Effect.CancelTimer timer) {
            parts.timers().cancel(timer.id());
        } else if (effect instanceof Effect.Monitor monitor) {
            parts.monitors().update(state.own(), monitor.tags());
        } else if (effect instanceof Effect.Answer answer) {
            parts.requests().answered(answer.requestId(), answer.reply());
        } else if (effect instanceof Effect.Progress progress) {
            parts.requests().progress(progress.requestId(), progress.text());
        } else if (effect instanceof Effect.Notify notify) {
            parts.events().add(notify.number(), notify.level(), notify.tag(), notify.text());
        } else if (effect instanceof Effect.PhaseChanged phase) {
            LOG.info("Mainstay on {} is {}", state.self(), phase.phase());
        } else {
            executeSafety(effect);
        }
    }

    private void executeSafety(Effect effect) {
        if (effect instanceof Effect.Withhold withhold) {
            parts.safety().withhold(withhold.peer());
        } else if (effect instanceof Effect.Allow allow) {
            parts.safety().allow(allow.peer());
        } else if (effect instanceof Effect.Fence fence) {
            parts.safety().fence(fence);
        } else if (effect instanceof Effect.GiveUpFencing giveUp) {
            parts.safety().giveUp(giveUp);
        } else if (effect instanceof Effect.Quarantine quarantine) {
            parts.safety().quarantine(quarantine);
        } else {
            throw new IllegalStateException("no way to execute " + effect);
        }
    }

    private void findHandles(String tag, int triesLeft) {
        CompletionStage<Ended<List<String>>> asked = Resources.order(
                        state.own(), tag, Action.PROBE, "before a restore", false)
                .map(order -> parts.runner().killHandles(order))
                .orElseGet(() -> CompletableFuture.completedFuture(noResource(tag)));
        asked.thenAccept(ended -> {
            if (ended.answered()) {
                withoutHandles.remove(tag);
                loop.accept(new Event.HandlesKnown(tag, ended.value()));
            } else if (away(ended) && triesLeft > 1 && state.own().instance(tag).isPresent()) {
                // The kit is away, as during its upgrade: its restore would wait for it too.
                parts.timers().later(AGAIN_MILLIS, () -> findHandles(tag, triesLeft - 1));
            } else {
                LOG.warn("the kill handles of {} are not known: {}", tag, ended.message());
                withoutHandles.put(tag, ended.message());
                loop.accept(new Event.HandlesKnown(tag, recordedHandles(tag)));
            }
        });
    }

    /** Its kit is not there, or went while it was asked. */
    private static boolean away(Ended<?> ended) {
        return ended.how() == Ended.How.NOT_RUN || ended.how() == Ended.How.CANCELLED;
    }

    private List<String> recordedHandles(String tag) {
        return state.own()
                .instance(tag)
                .map(instance -> instance.ownership().killHandles())
                .orElse(List.of());
    }

    /** What could not be ended without its kit is not started: a restore fails if its kill handles could not be learnt. */
    private void runAction(Effect.RunAction run) {
        killed.remove(run.tag());
        String reason = run.action().equals(Action.RESTORE.actionName()) ? withoutHandles.remove(run.tag()) : null;
        if (reason == null) {
            parts.actions().run(run);
            return;
        }
        loop.accept(new Event.ActionFinished(
                run.actionId(),
                run.tag(),
                run.action(),
                false,
                "not started, because its kit did not say how it can be ended (kill handles): " + reason));
    }

    /** A look that was cut off by an upgrade of its kit has not seen anything: the new version is asked. */
    private void probe(String tag, int triesLeft) {
        boolean hung = parts.runner().hang(tag) != Hang.NONE;
        CompletionStage<Ended<org.mainstay.kit.Probe>> asked = Resources.order(
                        state.own(), tag, Action.PROBE, "what is here", false)
                .map(order -> parts.runner().probe(order))
                .orElseGet(() -> CompletableFuture.completedFuture(noResource(tag)));
        asked.thenAccept(ended -> {
            boolean cutOff = ended.how() == Ended.How.CANCELLED || triesLeft < TRIES && away(ended);
            if (cutOff && triesLeft > 1 && state.own().instance(tag).isPresent()) {
                parts.timers().later(AGAIN_MILLIS, () -> probe(tag, triesLeft - 1));
            } else {
                loop.accept(ended.answered() ? probed(tag, hung, ended.value()) : unknown(tag, ended.message()));
            }
        });
    }

    /**
     * While the code of an action hangs in its kit, STOPPED is only believed after the kill handles, and only if that code could
     * start nothing any more when they were executed (I1, decision 0037).
     */
    private Event probed(String tag, boolean hung, org.mainstay.kit.Probe probe) {
        Event.Presence presence = Event.Presence.valueOf(probe.state().name());
        boolean hangs = hung || parts.runner().hang(tag) != Hang.NONE;
        Killed kill = killed.getOrDefault(tag, Killed.NEVER);
        if (presence == Event.Presence.STOPPED && (kill.loose() || hangs && !kill.done())) {
            return unknown(
                    tag,
                    "its probe says stopped (" + probe.message()
                            + "), but an action of it that was given up hangs in its kit and may still start it");
        }
        return new Event.ProbeFinished(tag, presence, probe.message());
    }

    private static Event unknown(String tag, String message) {
        return new Event.ProbeFinished(tag, Event.Presence.UNKNOWN, message);
    }

    private void runKillHandles(Effect.RunKillHandles kill) {
        boolean loose = parts.runner().hang(kill.tag()) == Hang.LOOSE;
        parts.guard().kill(kill.handles()).thenAccept(result -> {
            killed.put(kill.tag(), new Killed(result.done(), loose));
            loop.accept(new Event.KillFinished(kill.tag(), result.done(), result.message()));
        });
    }

    private static <T> Ended<T> noResource(String tag) {
        return new Ended<>(Ended.How.NOT_RUN, null, "there is no resource '" + tag + "' here any more");
    }
}
