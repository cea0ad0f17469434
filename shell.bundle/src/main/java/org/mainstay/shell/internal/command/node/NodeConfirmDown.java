package org.mainstay.shell.internal.command.node;

import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code mainstay node confirm-down}: acts here, about another server. */
@Command(
        name = "confirm-down",
        description =
                "Your word that a server is certainly down, so that what it had in service may be taken over. Needed when it "
                        + "cannot be reached but seems to be there. Switch it off before you say so: if it still runs, data "
                        + "can be destroyed. Holds until the server is heard again.",
        footer = {"", "Example:", "  mainstay node confirm-down B"})
public final class NodeConfirmDown extends BaseCommand {
    @Parameters(paramLabel = "NAME", description = "The server.")
    private String server;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return invocation.submit(new Request.ConfirmDown(server));
    }
}
