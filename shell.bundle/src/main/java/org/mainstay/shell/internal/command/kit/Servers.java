package org.mainstay.shell.internal.command.kit;

import java.util.ArrayList;
import java.util.List;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ClusterSnapshot.Peer;
import org.mainstay.cluster.ClusterSnapshot.PeerState;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Option;

/** {@code --all-servers}. */
final class Servers {
    @Option(
            names = "--all-servers",
            description =
                    "On every server, one after the other, this one last; checked before, in between and afterwards.")
    private boolean all;

    /**
     * Returns the servers that are meant, the others before this one: what the others refuse has changed nothing here.
     *
     * @throws CommandException exit code 9 if one of them cannot take part
     */
    List<String> chosen(ClusterSnapshot snapshot) throws CommandException {
        List<String> servers = new ArrayList<>();
        if (all) {
            for (Peer peer : snapshot.peers().values()) {
                if (peer.state() != PeerState.ALIVE || !peer.managerPresent()) {
                    throw new CommandException(
                            ExitCode.NO_COMMUNICATION,
                            "nothing was changed: Mainstay on " + peer.name()
                                    + " cannot be reached, and the kits of all servers shall agree; start it, or"
                                    + " change single servers without --all-servers");
                }
                servers.add(peer.name());
            }
            servers.sort(null);
        }
        if (snapshot.phase() != Phase.AVAILABLE) {
            throw new CommandException(
                    ExitCode.SYSTEM_ERROR, "Mainstay is not ready on this server; see 'mainstay status'");
        }
        servers.add(snapshot.self());
        return servers;
    }

    boolean all() {
        return all;
    }

    /** Returns what a rollout to these servers asks of the kit's resources: a check on all of them, nothing on a single one. */
    Rollout.Checks checks(Invocation invocation) {
        return all ? new KitChecks(invocation) : (server, types) -> "";
    }
}
