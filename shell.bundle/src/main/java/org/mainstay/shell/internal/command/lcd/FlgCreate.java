package org.mainstay.shell.internal.command.lcd;

import java.util.List;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Flag;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
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
        String name = flag.checked();
        if (database(invocation).row(LcdSection.FLAGS, name).isPresent()) {
            throw new CommandException(ExitCode.EXISTS, "the flag '" + name + "' exists already");
        }
        return invocation.submitQuietly(new Request.ChangeOwn(
                "create flag " + name, List.of(LcdChange.put(LcdSection.FLAGS, name, new Flag(name)))));
    }
}
