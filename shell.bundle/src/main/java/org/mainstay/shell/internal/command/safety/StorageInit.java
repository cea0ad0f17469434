package org.mainstay.shell.internal.command.safety;

import org.mainstay.cluster.QuorumStorage;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.ShellCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code qwk_storage_init} (QUO-090, QUO-091). */
@Command(
        name = "qwk_storage_init",
        separator = " ",
        description = "Begins storage mode of quorum and witness on this server with the parameters QWK_STORAGE_... of "
                + "etc/default/LifeKeeper. Run it on every server; it ends when the objects of all servers are "
                + "there, and says whom it waits for. Ctrl-C ends the wait only.",
        footer = {"", "Example:", "  qwk_storage_init"})
public final class StorageInit implements ShellCommand {
    @Option(names = "--help", usageHelp = true, description = "Shows this help.")
    boolean help;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        QuorumStorage storage = invocation.platform().safety().storage();
        return invocation.finish(
                lines -> storage.initialise(invocation.context().caller(), lines));
    }
}
