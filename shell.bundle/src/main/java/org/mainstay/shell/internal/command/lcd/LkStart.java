package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.ShellCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lkstart} (CMD-080) where Mainstay runs already: changes nothing. The program in {@code bin/} does the starting. */
@Command(
        name = "lkstart",
        separator = " ",
        description = "Starts Mainstay on this server if it does not run, and waits until it is ready.",
        customSynopsis = "lkstart [-w waitperiod]",
        footer = {"", "Examples:", "  lkstart", "  lkstart -w 120"})
public final class LkStart implements ShellCommand {
    /** As in the program, and so are the codes. */
    private static final int MOST_SECONDS = 86_400;

    @Option(names = "--help", usageHelp = true, description = "Shows this help.")
    boolean help;

    @Option(names = "-w", paramLabel = "waitperiod", description = "Seconds to wait until it is ready; default 60.")
    private String wait = "60";

    @Override
    public int run(Invocation invocation) throws CommandException {
        if (!wait.matches("0*[1-9][0-9]{0,4}") || Integer.parseInt(wait) > MOST_SECONDS) {
            throw CommandException.invalid(
                    "the waiting time is seconds, 1 to " + MOST_SECONDS + ", not '" + wait + "'");
        }
        return ExitCode.SUCCESS;
    }
}
