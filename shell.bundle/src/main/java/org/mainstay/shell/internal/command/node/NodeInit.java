package org.mainstay.shell.internal.command.node;

import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code mainstay node init}. */
@Command(
        name = "init",
        description = "Makes this server the first one of a new cluster. Mainstay must not run; nothing is started.",
        footer = {"", "Example:", "  mainstay node init --name A --address 10.77.1.1"})
public final class NodeInit extends BaseCommand {
    @Mixin
    private NodeName node = new NodeName();

    @Override
    public int run(Invocation invocation) throws CommandException {
        invocation.require(Caller.Role.ADMINISTRATOR);
        node.check(invocation);
        invocation.out().println(invocation.platform().setup().init(node.name(), node.address(), node.port()));
        return ExitCode.SUCCESS;
    }
}
