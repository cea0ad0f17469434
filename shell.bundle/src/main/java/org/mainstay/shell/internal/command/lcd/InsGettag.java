package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ins_gettag} (CMD-165 to CMD-167). */
@Command(
        name = "ins_gettag",
        separator = " ",
        description = "Prints the tag of the resource with an internal id.",
        customSynopsis = "ins_gettag [-d destsys] -i id",
        footer = {"", "Example:", "  ins_gettag -i /srv/data"})
public final class InsGettag extends LcdCommand {
    @Option(names = "-i", paramLabel = "id", required = true, description = "The internal id.")
    private String id;

    @Override
    public int run(Invocation invocation) throws CommandException {
        invocation.out().println(withId(database(invocation), id).tag());
        return ExitCode.SUCCESS;
    }
}
