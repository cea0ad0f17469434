package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.LcdEdit;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ins_setlocalrecover} (CMD-210 to CMD-213). */
@Command(
        name = "ins_setlocalrecover",
        separator = " ",
        description =
                "Switches local recovery of a resource on or off. That of an IP address can only be switched on when it is created.",
        customSynopsis = "ins_setlocalrecover [-d destsys] -t tag -l {Y=enable|N=disable}",
        footer = {"", "Example:", "  ins_setlocalrecover -t pg -l N"})
public final class InsSetlocalrecover extends LcdCommand {
    private static final String ADDRESS = "comm/ip";

    @Option(names = "-t", paramLabel = "tag", required = true, description = "The resource.")
    private String tag;

    @Option(names = "-l", paramLabel = "Y|N", required = true, description = "Y: on. N: off.")
    private String wanted;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        boolean on = yes("-l", wanted);
        Instance instance = instance(database(invocation), tag);
        if (on && instance.typeKey().equals(ADDRESS) && !instance.settings().localRecovery()) {
            // ADM-194
            throw CommandException.invalid(
                    "local recovery of an IP address can only be switched on when it is created or extended; '" + tag
                            + "' was made without it");
        }
        return edit(invocation, new LcdEdit.SetLocalRecovery(tag, on));
    }
}
