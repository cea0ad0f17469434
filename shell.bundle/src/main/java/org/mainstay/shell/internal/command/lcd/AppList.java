package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;

/** {@code app_list} (CMD-101). */
@Command(
        name = "app_list",
        separator = " ",
        description = "Lists applications, one per line.",
        customSynopsis = "app_list [-d destsys]",
        footer = {"", "Example:", "  app_list -d B"})
public final class AppList extends LcdCommand {
    @Override
    public int run(Invocation invocation) throws CommandException {
        Applications.of(invocation).names().forEach(invocation.out()::println);
        return ExitCode.SUCCESS;
    }
}
