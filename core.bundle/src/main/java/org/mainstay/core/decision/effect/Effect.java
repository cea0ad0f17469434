package org.mainstay.core.decision.effect;

import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.Reply;
import org.mainstay.core.decision.message.CoreMessage;

/**
 * What the runtime is to do after it has stored the new state, in the order of the list. Storing itself is no effect: it
 * follows from the difference of the states.
 */
public sealed interface Effect {

    /**
     * Runs an action of a kit; answered by {@code ActionFinished}, always.
     *
     * @param actionId unique within a run of the manager
     * @param action {@code restore}, {@code remove}, {@code recover} or a kit's own
     * @param arguments for a kit's own action
     * @param epoch ownership epoch the action runs under
     * @param takeover whether the previous owner was taken for dead and may not have stopped in order
     * @param handedOver whether another server said that it has let go of the resource, for this restore
     * @param rightUntil end of the right to run on the clock of the boot in milliseconds, checked immediately before the action
     *     starts; {@link Long#MAX_VALUE} as long as no lease is configured
     * @param reason why, for people and logs
     */
    record RunAction(
            String actionId,
            String tag,
            String action,
            List<String> arguments,
            long epoch,
            boolean takeover,
            boolean handedOver,
            long rightUntil,
            String reason)
            implements Effect {
        public RunAction {
            arguments = List.copyOf(arguments);
        }
    }

    /** Asks a running action to end; its {@code ActionFinished} still comes. */
    record CancelAction(String actionId) implements Effect {}

    /** Asks the kit for the kill handles a restore will need; answered by {@code HandlesKnown}, always. */
    record FindHandles(String tag) implements Effect {}

    /** Asks the kit what is here; answered by {@code ProbeFinished}, always. */
    record Probe(String tag) implements Effect {}

    /** Ends a resource without its kit; answered by {@code KillFinished}, always. */
    record RunKillHandles(String tag, List<String> handles) implements Effect {
        public RunKillHandles {
            handles = List.copyOf(handles);
        }
    }

    /**
     * Sends within a session; dropped if that is over.
     *
     * @param session the one that was open when this was decided; 0 if none was
     */
    record Send(String peer, long session, CoreMessage message) implements Effect {}

    /** Starts or restarts a one-shot timer. */
    record StartTimer(String id, long millis) implements Effect {}

    record CancelTimer(String id) implements Effect {}

    /** Replaces the set of instances whose quick and deep checks run. */
    record Monitor(Set<String> tags) implements Effect {
        public Monitor {
            tags = Collections.unmodifiableSortedSet(new TreeSet<>(tags));
        }
    }

    /** Final answer to a request: exactly one for each. */
    record Answer(String requestId, Reply reply) implements Effect {}

    /** A line for whoever waits for a request. */
    record Progress(String requestId, String text) implements Effect {}

    /** An entry of the event log; {@link Notices} lists the numbers. */
    record Notify(int number, ClusterEvent.Level level, String tag, String text) implements Effect {}

    /** The guard grants a peer no right to run any more; answered by {@code Withheld} when that is in force and recorded. */
    record Withhold(String peer) implements Effect {}

    /** The guard may grant a peer the right to run again; answered by {@code Withheld}. */
    record Allow(String peer) implements Effect {}

    /** Makes sure that a machine is down; answered by {@code FenceFinished} with the same request, always. */
    record Fence(String peer, String request, String reason) implements Effect {}

    /** The reason of a fencing is gone: whatever of it has not begun yet is left. It is answered all the same, nobody listens. */
    record GiveUpFencing(String peer, String request) implements Effect {}

    /** Mainstay leaves for a while (QUO-060, QUO-061): no manager, no heartbeats. Nothing is in service here any more. */
    record Quarantine(long millis) implements Effect {}

    record PhaseChanged(ClusterSnapshot.Phase phase) implements Effect {}
}
