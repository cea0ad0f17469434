package org.mainstay.guard.lease;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

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

    /** @param said what the witness says of a peer; null where there is none */
    static LeaseView of(
            LeaseBook book, String state, String reason, long now, Function<String, WitnessPost.Said> said) {
        List<Peer> peers = new ArrayList<>();
        for (String peer : book.settings().peers()) {
            boolean lapsed = book.lapsed(peer, now);
            WitnessPost.Said word = said.apply(peer);
            peers.add(new Peer(
                    peer,
                    Math.max(0, book.grantedUntil(peer) - now),
                    book.withheld(peer),
                    lapsed,
                    Math.max(0, book.lapsesAt(peer) - now),
                    word == null ? "" : word.word().name(),
                    word == null ? "" : word.reason()));
        }
        return new LeaseView(
                book.settings(),
                state,
                book.until(now) - now,
                book.since() == LeaseBook.NEVER ? -1 : now - book.since(),
                book.outBy(now) - now,
                reason,
                peers);
    }
}
