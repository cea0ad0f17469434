package org.mainstay.cluster.lcd;

/**
 * Monitoring and automatic moves pause. Placed in the schema now; the commands come with the full command line.
 *
 * @param scope {@code tag:NAME}, {@code server} or {@code cluster}
 * @param until wall-clock end in milliseconds since 1970; 0 = until ended
 * @param by who began it
 */
public record Maintenance(String scope, long until, String by) {}
