package org.mainstay.shell.internal.command.node;

import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;

/** {@code mainstay node phase}: one word, for {@code lkstart} to wait for. */
@Command(name = "phase", hidden = true, description = "Prints STARTING, AVAILABLE, STOPPING or STOPPED.")
public final class NodePhase extends BaseCommand {
    @Override
    public int run(Invocation invocation) throws CommandException {
        invocation.out().println(invocation.snapshot().phase());
        return ExitCode.SUCCESS;
    }
}
