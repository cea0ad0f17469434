package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.LcdEdit;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sys_create} (CMD-300). */
@Command(
        name = "sys_create",
        separator = " ",
        description = "Creates a definition of a server. It becomes a member of the cluster by 'mainstay node join'.",
        customSynopsis = "sys_create [-d destsys] -s sys",
        footer = {"", "Example:", "  sys_create -s C"})
public final class SysCreate extends LcdCommand {
    @Option(names = "-s", paramLabel = "sys", required = true, description = "The server.")
    private String system;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return edit(invocation, new LcdEdit.AddSystem(system));
    }
}
