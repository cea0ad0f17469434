package org.mainstay.cluster.lcd;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A planned move of resources, durable on both servers before the first remove (design.md section 4). Until {@code to} has
 * accepted the epochs, {@code from} is responsible and restores again if the move fails; afterwards {@code to} is.
 *
 * @param id operation id
 * @param from server that gives up
 * @param to server that takes over
 * @param epochs by tag: the epoch {@code to} will own
 * @param step how far it got, as this server knows
 * @param reason why, for people
 * @param tried servers on which a restore failed in this chain of moves: not tried again
 */
public record Handover(
        String id, String from, String to, Map<String, Long> epochs, Step step, String reason, List<String> tried) {

    /** Steps in order. */
    public enum Step {
        /** Durable on both; nothing removed yet. */
        PREPARED,
        /** {@code from} removes. */
        REMOVING,
        /** {@code from} has removed everything and is still responsible. */
        RELEASED,
        /** {@code to} owns the epochs and restores. */
        ACCEPTED
    }

    public Handover {
        epochs = java.util.Collections.unmodifiableMap(new TreeMap<>(epochs));
        tried = List.copyOf(tried);
    }

    public Handover at(Step newStep) {
        return new Handover(id, from, to, epochs, newStep, reason, tried);
    }
}
