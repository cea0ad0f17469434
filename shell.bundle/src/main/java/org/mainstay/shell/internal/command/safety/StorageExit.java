package org.mainstay.shell.internal.command.safety;

import org.mainstay.cluster.QuorumStorage;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.ShellCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code qwk_storage_exit} (QUO-093, QUO-094). */
@Command(
        name = "qwk_storage_exit",
        separator = " ",
        description = "Ends storage mode of quorum and witness on this server: quorum mode none holds until the next "
                + "qwk_storage_init or another QUORUM_MODE. Run it on every server before servers, comm paths or "
                + "storage parameters change.",
        footer = {"", "Example:", "  qwk_storage_exit"})
public final class StorageExit implements ShellCommand {
    @Option(names = "--help", usageHelp = true, description = "Shows this help.")
    boolean help;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        QuorumStorage storage = invocation.platform().safety().storage();
        return invocation.finish(lines -> storage.leave(invocation.context().caller()));
    }
}
