package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code app_remove} (CMD-102). */
@Command(
        name = "app_remove",
        separator = " ",
        description = "Removes an application with all its types, instances and equivalencies.",
        customSynopsis = "app_remove [-d destsys] -a appname",
        footer = {"", "Example:", "  app_remove -a gen"})
public final class AppRemove extends LcdCommand {
    @Option(names = "-a", paramLabel = "appname", required = true, description = "The application.")
    private String application;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return invocation.submitQuietly(new Request.RemoveType(given("-a", application), ""));
    }
}
