package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.LcdEdit;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code flg_create} (FLG-041). */
@Command(
        name = "flg_create",
        separator = " ",
        description = "Creates a flag.",
        customSynopsis = "flg_create [-d destsys] -f flag",
        footer = {"", "Example:", "  flg_create -f shutdown_switchover"})
public final class FlgCreate extends LcdCommand {
    @Mixin
    private FlagName flag = new FlagName();

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return edit(invocation, new LcdEdit.AddFlag(flag.checked()));
    }
}
