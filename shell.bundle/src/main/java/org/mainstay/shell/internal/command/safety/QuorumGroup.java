package org.mainstay.shell.internal.command.safety;

import org.mainstay.shell.internal.command.BaseGroup;
import picocli.CommandLine.Command;

/** {@code mainstay quorum}. */
@Command(
        name = "quorum",
        description = "Quorum and witness. They are configured in etc/default/LifeKeeper.",
        subcommands = {QuorumShow.class},
        footer = {"", "Example:", "  mainstay quorum status"})
public final class QuorumGroup extends BaseGroup {}
