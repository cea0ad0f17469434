package org.mainstay.shell.internal.command.watch;

import org.mainstay.shell.internal.command.BaseGroup;
import picocli.CommandLine.Command;

/** {@code mainstay maintenance}. */
@Command(
        name = "maintenance",
        description = "Monitoring and automatic moves pause, for a resource, a server or the whole cluster.",
        subcommands = {MaintenanceOn.class, MaintenanceOff.class, MaintenanceList.class},
        footer = {
            "",
            "Examples:",
            "  mainstay maintenance on pg --for 2h",
            "  mainstay maintenance on --node B",
            "  mainstay maintenance off --cluster"
        })
public final class MaintenanceGroup extends BaseGroup {}
