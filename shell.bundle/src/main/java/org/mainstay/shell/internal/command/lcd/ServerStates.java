package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ClusterSnapshot.Peer;
import org.mainstay.cluster.ClusterSnapshot.PeerState;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.SystemEntry;
import org.mainstay.shell.internal.registry.CommandException;

/** State of a server and why, as {@code sys_getst} and {@code sys_getds} print it (CMD-301, CMD-302). */
final class ServerStates {
    private ServerStates() {}

    /** @throws CommandException 7 if there is no such server */
    static PeerState state(ClusterSnapshot snapshot, String server) throws CommandException {
        if (server.equals(snapshot.self())) {
            return PeerState.ALIVE;
        }
        Peer peer = snapshot.peers().get(server);
        if (peer != null) {
            return peer.state();
        }
        if (snapshot.own().row(LcdSection.SYSTEMS, server).isPresent()) {
            return PeerState.UNKNOWN;
        }
        throw CommandException.notFound("there is no server '" + server + "'; 'sys_list' shows the servers");
    }

    /** Returns the text stored with the server; without one what its state follows from. */
    static String description(ClusterSnapshot snapshot, String server) throws CommandException {
        PeerState state = state(snapshot, server);
        String stored = snapshot.own()
                .row(LcdSection.SYSTEMS, server)
                .map(SystemEntry::description)
                .orElse("");
        if (!stored.isEmpty()) {
            return stored;
        }
        if (server.equals(snapshot.self())) {
            return "this server";
        }
        return switch (state) {
            case ALIVE ->
                snapshot.peers().get(server).managerPresent()
                        ? "a comm path to it is alive"
                        : "a comm path to it is alive, but Mainstay is stopped there";
            case DEAD -> "all comm paths to it are dead";
            case UNKNOWN -> "it has not been heard of";
        };
    }
}
