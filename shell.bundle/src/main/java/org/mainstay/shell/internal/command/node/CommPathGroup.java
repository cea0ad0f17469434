package org.mainstay.shell.internal.command.node;

import org.mainstay.shell.internal.command.BaseGroup;
import picocli.CommandLine.Command;

/** {@code mainstay commpath}. */
@Command(
        name = "commpath",
        description = "Communication paths between servers.",
        subcommands = {CommPathCreate.class, CommPathDelete.class, CommPathList.class},
        footer = {"", "Example:", "  mainstay commpath create --to B --local 10.77.1.1 --remote 10.77.1.2"})
public final class CommPathGroup extends BaseGroup {}
