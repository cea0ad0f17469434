package org.mainstay.shell.internal.command.safety;

import org.mainstay.cluster.Caller;
import org.mainstay.cluster.Fencing;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mainstay fencing acknowledge}. */
@Command(
        name = "acknowledge",
        description =
                "Your word that a server is switched off: counts as a confirmed fencing, and is recorded with your name. "
                        + "Look at the machine before you say so: if it still runs, data can be destroyed.",
        footer = {"", "Example:", "  mainstay fencing acknowledge B --remark \"power cord pulled\""})
public final class FencingAcknowledge extends BaseCommand {
    @Parameters(paramLabel = "NAME", description = "The server.")
    private String server;

    @Option(names = "--remark", paramLabel = "TEXT", defaultValue = "", description = "What you did or saw.")
    private String remark;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        invocation.require(Caller.Role.ADMINISTRATOR);
        Fencing fencing = invocation.platform().safety().fencing();
        return invocation.finish(
                lines -> fencing.acknowledge(server, invocation.context().caller(), remark));
    }
}
