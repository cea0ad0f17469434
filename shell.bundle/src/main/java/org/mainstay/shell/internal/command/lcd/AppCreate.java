package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.LcdEdit;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code app_create} (CMD-100). */
@Command(
        name = "app_create",
        separator = " ",
        description = "Creates an application.",
        customSynopsis = "app_create [-d destsys] -a appname",
        footer = {"", "Example:", "  app_create -a gen"})
public final class AppCreate extends LcdCommand {
    @Option(names = "-a", paramLabel = "appname", required = true, description = "The application.")
    private String application;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return edit(invocation, new LcdEdit.AddApplication(application));
    }
}
