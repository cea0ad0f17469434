package org.mainstay.shell.internal.command.lcd;

import java.util.List;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
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
        String name = flag.checked();
        if (database(invocation).row(LcdSection.FLAGS, name).isEmpty()) {
            throw CommandException.notFound("there is no flag '" + name + "'; 'flg_list' shows the flags");
        }
        return invocation.submitQuietly(
                new Request.ChangeOwn("remove flag " + name, List.of(LcdChange.remove(LcdSection.FLAGS, name))));
    }
}
