package org.mainstay.shell.internal.command.node;

import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mainstay node remove}. */
@Command(
        name = "remove",
        description = "Removes a server from the cluster; it is never trusted again with its present key.",
        footer = {"", "Examples:", "  mainstay node remove B", "  mainstay node remove --force B"})
public final class NodeRemove extends BaseCommand {
    @Option(
            names = "--force",
            description = "Also when the server cannot be reached. Make sure that it is off, or cut off for good.")
    private boolean force;

    @Parameters(paramLabel = "NAME", description = "The server.")
    private String name;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return invocation.submit(new Request.RemoveNode(name, force));
    }
}
