package org.mainstay.guard.heartbeat;

/**
 * The lease as heartbeats carry it: every heartbeat asks for a grant, and every echo may be one (design.md section
 * 10). Called on the heartbeat thread; returns at once. Times in milliseconds of the boot clock.
 */
public interface LeaseExchange {

    /**
     * Looks at the time and draws the consequences: said and begun before anything is answered or granted, however
     * long this process did not run.
     *
     * @return milliseconds until it has to be asked again at the latest
     */
    long turn();

    /** Returns the time. */
    long now();

    /** Returns L of this server, in milliseconds. */
    int leaseMillis();

    /** Returns S of this server, in milliseconds. */
    int lossStopMillis();

    /** Returns whether this server runs what it has without a lease now. */
    boolean withoutLease();

    /** How a peer runs what it has, in the order of its packets. */
    enum Terms {
        WITH_LEASE,
        WITHOUT_LEASE,
        /** Its release is older and does not say. */
        UNSAID
    }

    /** A peer says how it runs what it has. */
    void terms(String peer, Terms terms);

    /**
     * Decides whether the packet that is about to be sent grants what the peer's newest packet asked for, and
     * remembers it.
     *
     * @param heardAt when that packet was received
     * @param peerLease L as the peer announced it there
     * @param peerLossStop S as the peer announced it there
     */
    boolean grant(String peer, long heardAt, int peerLease, int peerLossStop);

    /**
     * A peer granted what a packet asked for.
     *
     * @param sentAt read before that packet was sent
     * @param lease L as that packet announced it
     * @param lossStop S as that packet announced it
     */
    void granted(String peer, long sentAt, int lease, int lossStop);
}
