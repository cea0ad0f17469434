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
 */
public record ClusterEvent(long sequence, Instant at, String server, int number, Level level, String tag, String text) {

    /** How bad an event is. */
    public enum Level {
        INFORMATION,
        WARNING,
        ERROR
    }
}
