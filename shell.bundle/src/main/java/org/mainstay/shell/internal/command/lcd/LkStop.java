package org.mainstay.shell.internal.command.lcd;

import java.util.stream.Stream;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.command.OnlyInBin;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.ShellCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code lkstop} (CMD-090 to CMD-096): the part the manager does. The program in {@code bin/} then ends the manager and the
 * guard and prints the closing line (CORE-064).
 */
@Command(
        name = "lkstop",
        separator = " ",
        description =
                "Stops Mainstay on this server. Resources are taken out of service and not switched over; with -f or -r "
                        + "the applications go on running.",
        customSynopsis = "lkstop [-n | -f | -r]",
        footer = {"", "Examples:", "  lkstop", "  lkstop -f"})
public final class LkStop implements ShellCommand {
    @Option(names = "--help", usageHelp = true, description = "Shows this help.")
    boolean help;

    @Option(names = "-n", description = "Takes the resources out of service; the same as no option.")
    private boolean normal;

    @Option(names = "-f", description = "The applications go on running.")
    private boolean fast;

    @Option(names = "-r", description = "The same as -f.")
    private boolean running;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        if (Stream.of(normal, fast, running).filter(given -> given).count() > 1) {
            throw new CommandException(ExitCode.SYNTAX, "-n, -f and -r exclude each other; give one of them");
        }
        OnlyInBin.require(invocation, "lkstop");
        return invocation.submit(new Request.Stop(fast || running, false));
    }
}
