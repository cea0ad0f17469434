package org.mainstay.core.decision.state;

/**
 * A comm path as the guard reports it.
 *
 * @param peer the other server
 * @param alive whether heartbeats come back on it (COMM-031)
 */
public record PathView(String peer, boolean alive) {}
