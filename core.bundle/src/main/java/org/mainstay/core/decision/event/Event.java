package org.mainstay.core.decision.event;

import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.state.Fate;
import org.mainstay.core.decision.state.RightToRun;
import org.mainstay.core.decision.state.Settings;

/** Everything the decision core can be told. The table in the package documentation of the core says who raises what. */
public sealed interface Event {

    /**
     * The manager started: always the first event. The state it is applied to holds the databases as read from disk.
     *
     * @param bootId identity of this boot of the machine, never empty
     * @param kits keys ({@code application/type}) of the types usable here now
     */
    record Started(String bootId, Settings settings, Set<String> kits) implements Event {
        public Started {
            kits = Collections.unmodifiableSortedSet(new TreeSet<>(kits));
        }
    }

    /** Tunables were changed. */
    record SettingsChanged(Settings settings) implements Event {}

    /** A comm path came alive or died (COMM-031). Also raised once for each path after the start, as soon as it is known. */
    record PathState(String pathId, String peer, boolean alive) implements Event {}

    /**
     * What a peer's heartbeats say changed.
     *
     * @param bootId its machine's boot
     * @param managerPresent whether its manager is connected to its guard
     * @param lcdIncarnation incarnation of its database as last committed
     * @param lcdVersion version of its database as last committed
     */
    record PeerInfo(String peer, String bootId, boolean managerPresent, long lcdIncarnation, long lcdVersion)
            implements Event {}

    /**
     * A message session with a peer began; messages sent from now on arrive once and in order until it ends.
     *
     * @param session distinguishes the sessions with a peer; never 0
     */
    record SessionOpened(String peer, long session) implements Event {}

    /** A message session ended; what was not delivered is lost. */
    record SessionClosed(String peer) implements Event {}

    record MessageReceived(String peer, CoreMessage message) implements Event {}

    /**
     * Answer to {@code FindHandles}.
     *
     * @param handles text forms of the kill handles; empty if the kit or machine offers none
     */
    record HandlesKnown(String tag, List<String> handles) implements Event {
        public HandlesKnown {
            handles = List.copyOf(handles);
        }
    }

    /** Answer to {@code RunAction}: always comes, at the latest when the action's time limit ends. */
    record ActionFinished(String actionId, String tag, String action, boolean succeeded, String message)
            implements Event {}

    /** Answer to {@code Probe}: always comes; a kit that is absent or fails gives UNKNOWN. */
    record ProbeFinished(String tag, Presence presence, String message) implements Event {}

    /** Answer to {@code RunKillHandles}: always comes. */
    record KillFinished(String tag, boolean done, String message) implements Event {}

    /** @param check {@code quickCheck} or {@code deepCheck} */
    record CheckFailed(String tag, String check, String message) implements Event {}

    /**
     * The storage of a resource is not this server's any more: its reservation was superseded or cannot be renewed. Unlike a
     * failed check this is nothing that could be repaired here.
     */
    record StorageLost(String tag, String message) implements Event {}

    record TimerFired(String id) implements Event {}

    /**
     * An operator, or another part of Mainstay for one, asks for something. Always answered with {@code Answer}.
     *
     * @param requestId chosen by the runtime, unique within a run of the manager
     * @param origin who asks, from where
     */
    record Requested(String requestId, Origin origin, ServiceRequest request) implements Event {}

    /** @param type key {@code application/type} */
    record KitAppeared(String type) implements Event {}

    /** @param type key {@code application/type} */
    record KitGone(String type) implements Event {}

    /**
     * What {@code failed} led to could not be stored: the new state was discarded, none of its effects was executed, and this
     * is fed to the state before.
     */
    record PersistFailed(Event failed, String reason) implements Event {}

    /** A commit takes longer than it should. */
    record PersistOverdue(long millis) implements Event {}

    /** Commits work again. Optional: the core tries again by itself from time to time. */
    record PersistRecovered() implements Event {}

    /**
     * The guard's news of this server's right to run (design.md section 10).
     *
     * @param until its end on the clock of the boot, milliseconds; not read unless HELD
     * @param since since when it is held without a gap, on the same clock; a restart of guard or manager is no gap
     * @param reason why it is lost; empty if it is not
     */
    record RightChanged(RightToRun.Right right, long until, long since, String reason) implements Event {}

    /** Whether the last grant of the guard here to a peer is over for certain. */
    record Lapsed(String peer, boolean lapsed) implements Event {}

    /** Whether the guard here grants a peer the right to run; also the answer to {@code Withhold} and {@code Allow}. */
    record Withheld(String peer, boolean withheld) implements Event {}

    /** What storage or etcd say of a peer. */
    record WitnessSaid(String peer, Fate.Word word, String reason) implements Event {}

    /** The guard does not answer: what it said of its grants and of the witness is not known any more. */
    record GuardAway() implements Event {}

    /**
     * What the safety check sees of a peer's machine changed (COMM-050).
     *
     * @param forMillis how long it has been so when this was raised
     * @param evidence for people
     */
    record PeerSighted(String peer, Fate.Sight sight, long forMillis, String evidence) implements Event {}

    /**
     * Who told sights and fenced is not there any more, or somebody else is in its place: nothing that was under way is finished,
     * and nobody says that an earlier word has changed.
     */
    record SafetyAway() implements Event {}

    /** This server cannot reach anybody, or can again. */
    record CutOff(boolean cutOff, String reason) implements Event {}

    /**
     * Answer to {@code Fence}; also raised unasked when an operator acknowledges that a machine is down.
     *
     * @param request what it answers; empty for what nobody asked for
     * @param confirmed whether the machine is certainly down
     */
    record FenceFinished(String peer, String request, boolean confirmed, String evidence) implements Event {
        /** An operator's word. */
        public FenceFinished(String peer, boolean confirmed, String evidence) {
            this(peer, "", confirmed, evidence);
        }
    }

    /** The four answers of a probe; only STOPPED ever counts as stopped. */
    enum Presence {
        RUNNING,
        STOPPED,
        PARTIAL,
        UNKNOWN
    }
}
