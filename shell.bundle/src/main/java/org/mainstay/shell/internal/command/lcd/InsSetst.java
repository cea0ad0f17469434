package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.LcdEdit;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.shell.internal.command.Candidates;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ins_setst} (CMD-215 to CMD-219). */
@Command(
        name = "ins_setst",
        separator = " ",
        description = "Sets the state of a resource in the database only: nothing is started or stopped.",
        customSynopsis = "ins_setst [-d destsys] -t tag -S {ISP|ISU|OSU} [-R reason] [-A]",
        footer = {"", "Example:", "  ins_setst -t vip -S ISU -R maintenance -A"})
public final class InsSetst extends LcdCommand {
    @Option(names = "-t", paramLabel = "tag", required = true, description = "The resource.")
    private String tag;

    @Option(
            names = "-S",
            paramLabel = "state",
            completionCandidates = Candidates.States.class,
            required = true,
            description = "ISP, ISU or OSU.")
    private String state;

    @Option(names = "-R", paramLabel = "reason", description = "Why, shown in lists.")
    private String reason = "";

    @Option(names = "-A", description = "Also all resources that depend on it, directly or indirectly.")
    private boolean upward;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        InstanceState chosen = choice("-S", state, InstanceState.ISP, InstanceState.ISU, InstanceState.OSU);
        String text =
                reason.isEmpty() ? "set by " + invocation.context().caller().user() : reason;
        return edit(invocation, new LcdEdit.SetState(tag, chosen, text, upward));
    }
}
