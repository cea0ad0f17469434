package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.LcdEdit;
import org.mainstay.shell.internal.command.Candidates;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ins_setchkint} (CMD-190 to CMD-192). */
@Command(
        name = "ins_setchkint",
        separator = " ",
        description = "Sets the interval of the quick or deep check in seconds; 0 switches it off.",
        customSynopsis = "ins_setchkint [-d destsys] -t tag -c {q=quick|d=deep} -v interval",
        footer = {"", "Examples:", "  ins_setchkint -t pg -c quick -v 120", "  ins_setchkint -t pg -c d -v 0"})
public final class InsSetchkint extends LcdCommand {
    @Option(names = "-t", paramLabel = "tag", required = true, description = "The resource.")
    private String tag;

    @Option(
            names = "-c",
            paramLabel = "check",
            completionCandidates = Candidates.Checks.class,
            required = true,
            description = "q or quick, d or deep.")
    private String check;

    @Option(names = "-v", paramLabel = "interval", required = true, description = "Seconds, 0 to 604800.")
    private String interval;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        boolean deep = switch (check) {
            case "q", "quick" -> false;
            case "d", "deep" -> true;
            default -> throw CommandException.invalid("-c is q, quick, d or deep, not '" + check + "'");
        };
        return edit(invocation, new LcdEdit.SetCheckInterval(tag, deep, seconds("-v", interval)));
    }
}
