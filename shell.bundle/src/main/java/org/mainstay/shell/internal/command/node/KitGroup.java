package org.mainstay.shell.internal.command.node;

import org.mainstay.shell.internal.command.BaseGroup;
import picocli.CommandLine.Command;

/** {@code mainstay kit}. */
@Command(
        name = "kit",
        description = "Recovery kits.",
        subcommands = {KitList.class},
        footer = {"", "Example:", "  mainstay kit list"})
public final class KitGroup extends BaseGroup {}
