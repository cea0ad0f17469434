package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sys_getds} (CMD-301). */
@Command(
        name = "sys_getds",
        separator = " ",
        description = "Prints why a server is in its present state.",
        customSynopsis = "sys_getds [-d destsys] -s sys",
        footer = {"", "Example:", "  sys_getds -s B"})
public final class SysGetds extends LcdCommand {
    @Option(names = "-s", paramLabel = "sys", required = true, description = "The server.")
    private String system;

    @Override
    public int run(Invocation invocation) throws CommandException {
        invocation.out().println(ServerStates.description(invocation.snapshot(), system));
        return ExitCode.SUCCESS;
    }
}
