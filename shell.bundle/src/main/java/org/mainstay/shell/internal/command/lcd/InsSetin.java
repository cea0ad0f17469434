package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.LcdEdit;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ins_setin} (CMD-195 to CMD-197). */
@Command(
        name = "ins_setin",
        separator = " ",
        description = "Sets the type-specific text of a resource; without -v it becomes empty.",
        customSynopsis = "ins_setin [-d destsys] -t tag [-v info]",
        footer = {"", "Example:", "  ins_setin -t shares -v share1,share2"})
public final class InsSetin extends LcdCommand {
    @Option(names = "-t", paramLabel = "tag", required = true, description = "The resource.")
    private String tag;

    @Option(names = "-v", paramLabel = "info", description = "The text.")
    private String info = "";

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return edit(invocation, new LcdEdit.SetInfo(tag, info));
    }
}
