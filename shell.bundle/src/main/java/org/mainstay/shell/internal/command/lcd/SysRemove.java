package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.LcdEdit;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sys_remove} (CMD-304). */
@Command(
        name = "sys_remove",
        separator = " ",
        description = "Removes the definition of a server.",
        customSynopsis = "sys_remove [-d destsys] -s sys",
        footer = {"", "Example:", "  sys_remove -s C"})
public final class SysRemove extends LcdCommand {
    @Option(names = "-s", paramLabel = "sys", required = true, description = "The server.")
    private String system;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return edit(invocation, new LcdEdit.RemoveSystem(system));
    }
}
