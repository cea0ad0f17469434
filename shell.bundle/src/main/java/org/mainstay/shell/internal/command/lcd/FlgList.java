package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;

/** {@code flg_list} (FLG-042). */
@Command(
        name = "flg_list",
        separator = " ",
        description = "Lists the flags of a server, one per line.",
        customSynopsis = "flg_list [-d destsys]",
        footer = {"", "Example:", "  flg_list"})
public final class FlgList extends LcdCommand {
    @Override
    public int run(Invocation invocation) throws CommandException {
        database(invocation).rows(LcdSection.FLAGS).keySet().forEach(invocation.out()::println);
        return ExitCode.SUCCESS;
    }
}
