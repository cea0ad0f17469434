package org.mainstay.cluster.lcd;

/**
 * A server known to this one.
 *
 * @param name its name
 * @param description why it came to its present state, for {@code sys_getds} (CMD-301); may be empty
 */
public record SystemEntry(String name, String description) {}
