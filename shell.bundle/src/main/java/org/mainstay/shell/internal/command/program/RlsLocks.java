package org.mainstay.shell.internal.command.program;

import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.ShellCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code rlslocks} (CMD-451). */
@Command(
        name = "rlslocks",
        separator = " ",
        description = "Gives up the administrative lock that getlocks took.",
        customSynopsis = "rlslocks [--process pid]",
        footer = {"", "Example:", "  rlslocks"})
public final class RlsLocks implements ShellCommand {
    @Option(names = "--help", usageHelp = true, description = "Shows this help.")
    boolean help;

    @Mixin
    private CallingProcess process = new CallingProcess();

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return invocation.submitQuietly(new Request.ReleaseLocks(process.pid()));
    }
}
