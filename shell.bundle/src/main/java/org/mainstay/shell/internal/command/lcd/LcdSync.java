package org.mainstay.shell.internal.command.lcd;

import java.util.List;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.LcdEdit;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;

/** {@code lcdsync} (CMD-070 to CMD-073). */
@Command(
        name = "lcdsync",
        separator = " ",
        description = "Returns when all changes of the database are on disk. Every change is, before its command ends.",
        customSynopsis = "lcdsync [-d destsys]",
        footer = {"", "Example:", "  lcdsync"})
public final class LcdSync extends LcdCommand {

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        invocation.require(Caller.Role.ADMINISTRATOR);
        return edit(invocation, new LcdEdit.All(List.of()));
    }
}
