package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.LcdEdit;
import org.mainstay.cluster.lcd.Switchback;
import org.mainstay.shell.internal.command.Candidates;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ins_setas} (CMD-185 to CMD-187). */
@Command(
        name = "ins_setas",
        separator = " ",
        description = "Sets the switchback type of a root resource and all below it.",
        customSynopsis = "ins_setas [-d destsys] -t tag -s {INTELLIGENT|AUTOMATIC}",
        footer = {"", "Example:", "  ins_setas -t pg -s AUTOMATIC"})
public final class InsSetas extends LcdCommand {
    @Option(names = "-t", paramLabel = "tag", required = true, description = "The resource.")
    private String tag;

    @Option(
            names = "-s",
            paramLabel = "type",
            completionCandidates = Candidates.Switchbacks.class,
            required = true,
            description =
                    "INTELLIGENT: stays where it is until it is moved by hand. AUTOMATIC: returns to the server of the best priority.")
    private String switchback;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return edit(invocation, new LcdEdit.SetSwitchback(tag, choice("-s", switchback, Switchback.values())));
    }
}
