package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;

/** {@code lcduname} (QUO-020). */
@Command(
        name = "lcduname",
        separator = " ",
        description = "Prints the name of this server.",
        customSynopsis = "lcduname",
        footer = {"", "Example:", "  lcduname"})
public final class LcduName extends LcdCommand {

    @Override
    public int run(Invocation invocation) throws CommandException {
        invocation.out().println(invocation.snapshot().self());
        return ExitCode.SUCCESS;
    }
}
