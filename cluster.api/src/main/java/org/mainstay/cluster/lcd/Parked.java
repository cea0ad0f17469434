package org.mainstay.cluster.lcd;

/**
 * What a server left when it stopped on purpose: never started elsewhere automatically until the server returns or an
 * operator decides (design.md section 10).
 *
 * @param tag instance
 * @param running whether it was left running ({@code lkstop -f})
 */
public record Parked(String tag, boolean running) {}
