package org.mainstay.shell.internal.command.program;

import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.ShellCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code getlocks} (CMD-451, FLG-010, FLG-011). */
@Command(
        name = "getlocks",
        separator = " ",
        description =
                "Takes the administrative lock on all servers that can be reached: one global action at a time. It ends "
                        + "with rlslocks, or with the process that called this command.",
        customSynopsis = "getlocks [-n identifier] [-w seconds] [--process pid]",
        footer = {"", "Example:", "  getlocks -n Restore_hierarchy && perform_action -G -t pg -a restore", "  rlslocks"
        })
public final class GetLocks implements ShellCommand {
    @Option(names = "--help", usageHelp = true, description = "Shows this help.")
    boolean help;

    @Option(names = "-n", paramLabel = "identifier", description = "Kind of action, shown in the flag; default Script.")
    private String identifier = "Script";

    @Option(names = "-w", paramLabel = "seconds", description = "How long to wait while another holds it; default 300.")
    private int wait = 300;

    @Mixin
    private CallingProcess process = new CallingProcess();

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        if (!identifier.matches("[!-~]+")) {
            throw CommandException.invalid(
                    "'" + identifier + "' is not a kind of action: use printable ASCII without blanks");
        }
        if (wait < 0 || wait > 86_400) {
            throw CommandException.invalid("the waiting time is 0 to 86400 seconds, not " + wait);
        }
        return invocation.submitQuietly(new Request.TakeLocks(process.pid(), identifier, wait));
    }
}
