package org.mainstay.cluster;

import java.time.Instant;

/**
 * Something that happened, for people and for forwarding.
 *
 * @param sequence rises by one on each server
 * @param at wall-clock time, for display
 * @param server where it happened
 * @param number message number: those of the message catalog where the message exists there
 * @param level how bad it is
 * @param tag resource; empty if it is about a server
 * @param text one sentence
 * @param script name of the script that wrote it with {@code lk_err} and chose the number; empty for the product's own events
 */
public record ClusterEvent(
        long sequence, Instant at, String server, int number, Level level, String tag, String text, String script) {

    /** An event of the product. */
    public ClusterEvent(long sequence, Instant at, String server, int number, Level level, String tag, String text) {
        this(sequence, at, server, number, level, tag, text, "");
    }

    /** Returns whether the number is one of the message catalog: a script's may be the same by chance. */
    public boolean ofProduct() {
        return script.isEmpty();
    }

    /** How bad an event is. */
    public enum Level {
        INFORMATION,
        WARNING,
        ERROR
    }
}
