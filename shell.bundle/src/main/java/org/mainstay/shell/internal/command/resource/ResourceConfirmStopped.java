package org.mainstay.shell.internal.command.resource;

import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mainstay resource confirm-stopped}: acts here, about another server. */
@Command(
        name = "confirm-stopped",
        description =
                "Your word that a resource is certainly stopped on a server. Needed after a stop that failed, before the "
                        + "resource may start anywhere. Look before you say so: if it still runs there, data can be destroyed.",
        footer = {"", "Example:", "  mainstay resource confirm-stopped pg --on A"})
public final class ResourceConfirmStopped extends BaseCommand {
    @Parameters(paramLabel = "TAG", description = "The resource.")
    private String tag;

    @Option(names = "--on", required = true, paramLabel = "NAME", description = "The server where it is stopped.")
    private String server;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return invocation.submit(new Request.ConfirmStopped(tag, server));
    }
}
