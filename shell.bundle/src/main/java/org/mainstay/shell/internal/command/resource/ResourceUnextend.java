package org.mainstay.shell.internal.command.resource;

import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mainstay resource unextend} (ADM-270). */
@Command(
        name = "unextend",
        description = "Removes the whole hierarchy of a resource from one server where it is not in service.",
        footer = {"", "Example:", "  mainstay resource unextend pg --from B"})
public final class ResourceUnextend extends BaseCommand {
    @Parameters(paramLabel = "TAG", description = "Any resource of the hierarchy.")
    private String tag;

    @Option(
            names = {"--from", "--on"},
            required = true,
            paramLabel = "NAME",
            description = "The server.")
    private String server;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return invocation.submit(new Request.Unextend(tag, server));
    }
}
