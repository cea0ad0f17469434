package org.mainstay.shell.internal.command.resource;

import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code mainstay dependency delete} (ADM-281 to ADM-283). */
@Command(
        name = "delete",
        description = "Ends the dependency of the parent on the child, on all servers.",
        footer = {"", "Example:", "  mainstay dependency delete pg vip"})
public final class DependencyDelete extends BaseCommand {
    @Parameters(index = "0", paramLabel = "PARENT", description = "The resource that needs the other.")
    private String parent;

    @Parameters(index = "1", paramLabel = "CHILD", description = "The resource that is needed.")
    private String child;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return invocation.submit(new Request.DeleteDependency(parent, child));
    }
}
