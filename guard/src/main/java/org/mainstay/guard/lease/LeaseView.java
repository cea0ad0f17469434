package org.mainstay.guard.lease;

import java.util.List;

/**
 * The lease as {@code status} shows it. Times in milliseconds.
 *
 * @param state held, lost or none
 * @param left until its end; negative since its end
 * @param since it is held without a gap, or was; -1 if never
 * @param outBy until everything must be out
 */
public record LeaseView(
        LeaseSettings settings, String state, long left, long since, long outBy, String reason, List<Peer> peers) {

    /**
     * What is granted by and to a peer.
     *
     * @param grantLeft how long its grant to this server goes on
     * @param withheld whether it gets none from this server
     * @param lapsesIn until the last one given to it is over for certain
     * @param word of the witness; empty where there is none
     */
    public record Peer(
            String name,
            long grantLeft,
            boolean withheld,
            boolean lapsed,
            long lapsesIn,
            String word,
            String wordReason) {}
}
