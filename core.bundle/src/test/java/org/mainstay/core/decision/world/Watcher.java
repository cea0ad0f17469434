package org.mainstay.core.decision.world;

import org.mainstay.cluster.Reply;
import org.mainstay.core.decision.Decision;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;

/** Sees everything that happens in a {@link World}. */
public interface Watcher {

    /** A decision was stored; its effects follow. */
    default void decided(Server server, Event event, Decision decision) {}

    /** An action begins on a server. */
    default void acts(Server server, Effect.RunAction action) {}

    /** An action has ended. */
    default void acted(Server server, Effect.RunAction action, boolean succeeded) {}

    default void kills(Server server, String tag, boolean succeeds) {}

    /** The guard ends a resource whose server lost the right to run. */
    default void guardKills(Server server, String tag, boolean succeeds) {}

    default void notes(Server server, Effect.Notify note) {}

    default void answers(Server server, String requestId, Reply reply) {}

    default void phase(Server server, Effect.PhaseChanged change) {}

    /** A machine lost its power, or only its manager died. */
    default void dies(Server server, boolean machine) {}

    /** A manager begins to start. */
    default void starts(Server server) {}
}
