package org.mainstay.cluster.lcd;

/**
 * Who changed the database, stored with every change.
 *
 * @param who user name, or {@code mainstay} for the cluster's own decisions
 * @param from server and door, such as {@code A shell} or {@code B remote}
 * @param at wall-clock time in milliseconds since 1970, for display
 * @param operation operation id; empty if there is none
 */
public record Origin(String who, String from, long at, String operation) {
    public static final String SELF = "mainstay";
}
