package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ClusterSnapshot.PeerState;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sys_getst} (CMD-302). */
@Command(
        name = "sys_getst",
        separator = " ",
        description = "Prints the state of a server: ALIVE, DEAD or UNKNOWN.",
        customSynopsis = "sys_getst [-d destsys] -s sys",
        footer = {"", "Example:", "  sys_getst -s B"})
public final class SysGetst extends LcdCommand {
    @Option(names = "-s", paramLabel = "sys", required = true, description = "The server.")
    private String system;

    @Override
    public int run(Invocation invocation) throws CommandException {
        ClusterSnapshot snapshot = invocation.snapshot();
        if (system.equals(snapshot.self())) {
            invocation.out().println(PeerState.ALIVE);
        } else if (snapshot.peers().containsKey(system)) {
            invocation.out().println(snapshot.peers().get(system).state());
        } else if (snapshot.own().row(LcdSection.SYSTEMS, system).isPresent()) {
            invocation.out().println(PeerState.UNKNOWN);
        } else {
            throw CommandException.notFound("there is no server '" + system + "'; 'sys_list' shows the servers");
        }
        return ExitCode.SUCCESS;
    }
}
