package org.mainstay.shell.internal.command.node;

import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.OnlyInBin;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mainstay stop}: the part the manager does; the program in {@code bin/} ends the processes. */
@Command(
        name = "stop",
        description = "Stops Mainstay on this server, as lkstop does.",
        footer = {"", "Examples:", "  mainstay stop", "  mainstay stop --leave-running"})
public final class Stop extends BaseCommand {
    @Option(names = "--leave-running", description = "The applications go on running, as with lkstop -f.")
    private boolean leaveRunning;

    @Option(
            names = "--system-shutdown",
            description = "The machine shuts down: the shutdown strategy of this server applies.")
    private boolean systemShutdown;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        if (leaveRunning && systemShutdown) {
            throw new CommandException(
                    ExitCode.SYNTAX, "--leave-running and --system-shutdown exclude each other; give one of them");
        }
        OnlyInBin.require(invocation, "lkstop");
        return invocation.submit(new Request.Stop(leaveRunning, systemShutdown));
    }
}
