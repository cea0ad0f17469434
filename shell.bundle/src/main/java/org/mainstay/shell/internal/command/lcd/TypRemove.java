package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code typ_remove} (CMD-282). */
@Command(
        name = "typ_remove",
        separator = " ",
        description = "Removes a resource type with all its instances, dependencies and equivalencies.",
        customSynopsis = "typ_remove [-d destsys] -a appname -r restyp",
        footer = {"", "Example:", "  typ_remove -a gen -r app"})
public final class TypRemove extends LcdCommand {
    @Option(names = "-a", paramLabel = "appname", required = true, description = "The application.")
    private String application;

    @Option(names = "-r", paramLabel = "restyp", required = true, description = "The resource type.")
    private String type;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return invocation.submitQuietly(new Request.RemoveType(given("-a", application), given("-r", type)));
    }
}
