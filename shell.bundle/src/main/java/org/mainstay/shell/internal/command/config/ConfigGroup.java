package org.mainstay.shell.internal.command.config;

import org.mainstay.shell.internal.command.BaseGroup;
import picocli.CommandLine.Command;

/** {@code mainstay config}. */
@Command(
        name = "config",
        description = "The configuration of the cluster as one document: to keep, to review, to rebuild from.",
        subcommands = {ConfigExport.class, ConfigApply.class},
        footer = {
            "",
            "Examples:",
            "  mainstay config export > cluster.json",
            "  mainstay config apply cluster.json --dry-run"
        })
public final class ConfigGroup extends BaseGroup {}
