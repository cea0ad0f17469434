package org.mainstay.shell.internal.command.node;

import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code mainstay operation commit}. */
@Command(
        name = "commit",
        description =
                "Decides that an operation in doubt took place. Only for the case that its coordinator does not come back.",
        footer = {"", "Example:", "  mainstay operation commit A-17"})
public final class OperationCommit extends BaseCommand {
    @Parameters(paramLabel = "ID", description = "The operation; 'mainstay operation list' shows it.")
    private String id;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return invocation.submit(new Request.ResolveOperation(id, true));
    }
}
