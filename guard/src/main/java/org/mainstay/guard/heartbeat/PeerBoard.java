package org.mainstay.guard.heartbeat;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.mainstay.guard.heartbeat.HeartbeatListener.PeerStatus;

/** What peers said last, over whichever path it came first; news are what differs. Owned by the heartbeat thread. */
final class PeerBoard {
    /**
     * Reports come once per second, so nothing below a few seconds tells a loop that hangs from one that is between
     * two.
     */
    private static final long SMALLEST_LOOP_LIMIT_MILLIS = 3000;

    private static final class Known {
        long instance;
        long counter;
        long bootHigh;
        long bootLow;
        PeerStatus status;
    }

    private final Map<String, Known> peers = new HashMap<>();
    private final HeartbeatListener listener;

    PeerBoard(HeartbeatListener listener) {
        this.listener = listener;
    }

    /** Takes what an accepted packet says. Makes no garbage when nothing changed. */
    void heard(PathConfig path, Packet packet) {
        Known known = peers.get(path.peer());
        Packet.Status says = packet.status;
        if (known != null && known.instance == packet.instance && says.counter < known.counter) {
            // Overtaken by a newer word on another path.
            return;
        }
        long loopLimit = Math.max((long) path.intervalMillis() * path.misses(), SMALLEST_LOOP_LIMIT_MILLIS);
        boolean hangs = says.managerPresent && says.loopAge >= loopLimit;
        boolean present = says.managerPresent && !hangs;
        // A loop that hangs may be storing something: nobody knows what it will have stored when it goes on.
        long incarnation = hangs ? 0 : says.incarnation;
        long version = hangs ? 0 : says.version;
        if (known == null) {
            known = new Known();
            peers.put(path.peer(), known);
        } else if (known.bootHigh == says.bootHigh
                && known.bootLow == says.bootLow
                && known.status.managerPresent() == present
                && known.status.incarnation() == incarnation
                && known.status.version() == version
                && known.status.watchdogFed() == says.watchdogFed) {
            known.instance = packet.instance;
            known.counter = says.counter;
            return;
        }
        known.instance = packet.instance;
        known.counter = says.counter;
        known.bootHigh = says.bootHigh;
        known.bootLow = says.bootLow;
        String boot = new UUID(says.bootHigh, says.bootLow).toString();
        known.status = new PeerStatus(path.peer(), boot, present, incarnation, version, says.watchdogFed);
        listener.peer(known.status);
    }

    /** Returns what is known of a peer, or null. */
    PeerStatus status(String peer) {
        Known known = peers.get(peer);
        return known == null ? null : known.status;
    }

    void keep(java.util.Set<String> names) {
        peers.keySet().retainAll(names);
    }

    Iterable<PeerStatus> all() {
        return peers.values().stream().map(known -> known.status)::iterator;
    }
}
