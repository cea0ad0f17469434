package org.mainstay.shell.internal.command.node;

import org.mainstay.shell.internal.command.BaseGroup;
import picocli.CommandLine.Command;

/** {@code mainstay operation}. */
@Command(
        name = "operation",
        description = "Configuration changes over several servers that are not finished.",
        subcommands = {OperationList.class, OperationCommit.class, OperationAbort.class},
        footer = {"", "Example:", "  mainstay operation list"})
public final class OperationGroup extends BaseGroup {}
