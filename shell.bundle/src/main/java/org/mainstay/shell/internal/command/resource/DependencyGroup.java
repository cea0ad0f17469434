package org.mainstay.shell.internal.command.resource;

import org.mainstay.shell.internal.command.BaseGroup;
import picocli.CommandLine.Command;

/** {@code mainstay dependency}. */
@Command(
        name = "dependency",
        description = "Dependencies: the parent works only if the child works.",
        subcommands = {DependencyCreate.class, DependencyDelete.class, DependencyList.class},
        footer = {"", "Example:", "  mainstay dependency create pg vip"})
public final class DependencyGroup extends BaseGroup {}
