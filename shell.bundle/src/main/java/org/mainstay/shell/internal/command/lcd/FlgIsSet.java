package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code flg_test} (FLG-044): says it by the exit code alone. */
@Command(
        name = "flg_test",
        separator = " ",
        description = "Tests whether a flag is there: exit code 0 if it is, 7 if not.",
        customSynopsis = "flg_test [-d destsys] -f flag",
        footer = {"", "Example:", "  flg_test -f shutdown_switchover && echo set"})
public final class FlgIsSet extends LcdCommand {
    @Mixin
    private FlagName flag = new FlagName();

    @Override
    public int run(Invocation invocation) throws CommandException {
        return database(invocation).row(LcdSection.FLAGS, flag.checked()).isPresent()
                ? ExitCode.SUCCESS
                : ExitCode.NOT_FOUND;
    }
}
