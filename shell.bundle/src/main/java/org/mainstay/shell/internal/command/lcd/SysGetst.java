package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sys_getst} (CMD-302). */
@Command(
        name = "sys_getst",
        separator = " ",
        description = "Prints the state of a server: ALIVE, DEAD or UNKNOWN.",
        customSynopsis = "sys_getst [-d destsys] -s sys",
        footer = {"", "Example:", "  sys_getst -s B"})
public final class SysGetst extends LcdCommand {
    @Option(names = "-s", paramLabel = "sys", required = true, description = "The server.")
    private String system;

    @Override
    public int run(Invocation invocation) throws CommandException {
        invocation.out().println(ServerStates.state(invocation.snapshot(), system));
        return ExitCode.SUCCESS;
    }
}
