package org.mainstay.core.decision.event;

/**
 * An event with the time it happened.
 *
 * @param at wall-clock time in milliseconds since 1970, for display only: nothing is decided by it
 */
public record Input(long at, Event event) {}
