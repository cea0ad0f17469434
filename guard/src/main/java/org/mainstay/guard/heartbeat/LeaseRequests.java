package org.mainstay.guard.heartbeat;

/**
 * What each of the newest packets of a path asked for: a grant counts from when it was sent, with what it announced.
 */
final class LeaseRequests {
    private final long[] sentAt;
    private final int[] lease;
    private final int[] lossStop;

    /** @param remembered as many packets as echoes may be behind */
    LeaseRequests(int remembered) {
        this.sentAt = new long[remembered];
        this.lease = new int[remembered];
        this.lossStop = new int[remembered];
    }

    /** A packet is about to be sent. @param now boot clock, milliseconds */
    void sent(long sequence, long now, int leaseMillis, int lossStopMillis) {
        int slot = (int) (sequence % sentAt.length);
        sentAt[slot] = now;
        lease[slot] = leaseMillis;
        lossStop[slot] = lossStopMillis;
    }

    /** The peer granted what a packet asked for that is not older than what is remembered. */
    void granted(long sequence, String peer, LeaseExchange exchange) {
        int slot = (int) (sequence % sentAt.length);
        exchange.granted(peer, sentAt[slot], lease[slot], lossStop[slot]);
    }
}
