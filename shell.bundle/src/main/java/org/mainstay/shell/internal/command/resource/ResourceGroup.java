package org.mainstay.shell.internal.command.resource;

import org.mainstay.shell.internal.command.BaseGroup;
import picocli.CommandLine.Command;

/** {@code mainstay resource}. */
@Command(
        name = "resource",
        description = "Protected resources.",
        subcommands = {
            ResourceCreate.class,
            ResourceExtend.class,
            ResourceUnextend.class,
            ResourceDelete.class,
            ResourceInService.class,
            ResourceOutOfService.class,
            ResourceConfirmStopped.class,
            ResourceShow.class,
            ResourceSet.class,
            ResourcePriorities.class,
            ResourceList.class
        },
        footer = {
            "",
            "Examples:",
            "  mainstay resource create ip --tag vip --set address=10.77.1.100/24",
            "  mainstay resource extend vip --to B",
            "  mainstay resource in-service vip --on B"
        })
public final class ResourceGroup extends BaseGroup {}
