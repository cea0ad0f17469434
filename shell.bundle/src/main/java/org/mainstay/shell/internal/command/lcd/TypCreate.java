package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.LcdEdit;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code typ_create} (CMD-280). */
@Command(
        name = "typ_create",
        separator = " ",
        description = "Creates a resource type of an application.",
        customSynopsis = "typ_create [-d destsys] -a appname -r restyp",
        footer = {"", "Example:", "  typ_create -a gen -r app"})
public final class TypCreate extends LcdCommand {
    @Option(names = "-a", paramLabel = "appname", required = true, description = "The application.")
    private String application;

    @Option(names = "-r", paramLabel = "restyp", required = true, description = "The resource type.")
    private String type;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return edit(invocation, new LcdEdit.AddType(application, type));
    }
}
