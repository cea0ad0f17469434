package org.mainstay.guard.heartbeat;

/** Is told what heartbeats say. Called on the heartbeat thread: must return at once and never throw. */
public interface HeartbeatListener {

    /** A path became known as alive or dead. */
    void path(String id, String peer, boolean alive);

    /** What a peer says of itself changed. */
    void peer(PeerStatus status);

    /** Something an operator should see. */
    void notice(String text);

    /**
     * What a peer says of itself.
     *
     * @param managerPresent whether its Karaf is linked to its guard and its decision loop turns
     * @param watchdogFed whether it says that its watchdog is fed
     */
    record PeerStatus(
            String peer, String bootId, boolean managerPresent, long incarnation, long version, boolean watchdogFed) {}
}
