package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.LcdEdit;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code dep_remove} (CMD-245 to CMD-247). */
@Command(
        name = "dep_remove",
        separator = " ",
        description =
                "Removes dependencies: one, all of a parent, all of a child - or, without options, all of the server.",
        customSynopsis = "dep_remove [-d destsys] [-p parent] [-c child]",
        footer = {"", "Examples:", "  dep_remove -p pg -c vip", "  dep_remove -p pg"})
public final class DepRemove extends LcdCommand {
    @Option(names = "-p", paramLabel = "parent", description = "Only those of this parent.")
    private String parent;

    @Option(names = "-c", paramLabel = "child", description = "Only those of this child.")
    private String child;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return edit(invocation, new LcdEdit.RemoveDependencies(optional("-p", parent), optional("-c", child)));
    }
}
