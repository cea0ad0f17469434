package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.LcdEdit;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code dep_create} (CMD-230 to CMD-232). */
@Command(
        name = "dep_create",
        separator = " ",
        description = "Creates a dependency: the parent needs the child.",
        customSynopsis = "dep_create [-d destsys] -p parent -c child",
        footer = {"", "Example:", "  dep_create -p pg -c vip"})
public final class DepCreate extends LcdCommand {
    @Option(names = "-p", paramLabel = "parent", required = true, description = "The resource that depends.")
    private String parent;

    @Option(names = "-c", paramLabel = "child", required = true, description = "The resource it needs.")
    private String child;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return edit(invocation, new LcdEdit.AddDependency(parent, child));
    }
}
