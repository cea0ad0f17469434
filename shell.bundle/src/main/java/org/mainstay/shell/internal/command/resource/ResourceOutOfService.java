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

/** {@code mainstay resource out-of-service} (CMD-391). */
@Command(
        name = "out-of-service",
        aliases = "remove",
        description =
                "Takes a resource and all above it out of service, wherever they are. They stay out until somebody brings "
                        + "them into service again.",
        footer = {
            "",
            "Examples:",
            "  mainstay resource out-of-service pg",
            "  mainstay resource out-of-service pg --with-children"
        })
public final class ResourceOutOfService extends BaseCommand implements ServerChoice {
    @Parameters(paramLabel = "TAG", description = "The resource.")
    private String tag;

    @Option(names = "--with-children", description = "Also what is below it.")
    private boolean withChildren;

    @Option(names = "--on", paramLabel = "NAME", description = "The server that does it; default: this one.")
    private String server;

    @Override
    public Optional<String> chosenServer() {
        return Optional.ofNullable(server);
    }

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return invocation.submit(new Request.TakeOutOfService(tag, false, withChildren, false));
    }
}
