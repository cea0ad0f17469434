package org.mainstay.shell.internal.command.resource;

import java.util.Optional;
import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.ServerChoice;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mainstay resource in-service} (CMD-390). */
@Command(
        name = "in-service",
        aliases = {"restore", "switchover"},
        description =
                "Brings a resource, what it needs and all above it into service; a switchover if it is in service on "
                        + "another server.",
        footer = {"", "Examples:", "  mainstay resource in-service pg", "  mainstay resource in-service pg --on B"})
public final class ResourceInService extends BaseCommand implements ServerChoice {
    @Parameters(paramLabel = "TAG", description = "The resource.")
    private String tag;

    @Option(names = "--on", paramLabel = "NAME", description = "The server; default: this one.")
    private String server;

    @Override
    public Optional<String> chosenServer() {
        return Optional.ofNullable(server);
    }

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return invocation.submit(new Request.BringInService(tag, false, true, false));
    }
}
