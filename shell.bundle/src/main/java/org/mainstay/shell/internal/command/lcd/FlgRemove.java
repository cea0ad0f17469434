package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.LcdEdit;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code flg_remove} (FLG-043). */
@Command(
        name = "flg_remove",
        separator = " ",
        description = "Removes a flag.",
        customSynopsis = "flg_remove [-d destsys] -f flag",
        footer = {"", "Example:", "  flg_remove -f shutdown_switchover"})
public final class FlgRemove extends LcdCommand {
    @Mixin
    private FlagName flag = new FlagName();

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return edit(invocation, new LcdEdit.RemoveFlag(flag.checked()));
    }
}
