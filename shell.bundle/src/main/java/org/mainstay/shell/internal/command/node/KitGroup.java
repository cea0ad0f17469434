package org.mainstay.shell.internal.command.node;

import org.mainstay.shell.internal.command.BaseGroup;
import org.mainstay.shell.internal.command.kit.KitInstall;
import org.mainstay.shell.internal.command.kit.KitRemove;
import org.mainstay.shell.internal.command.kit.KitUpgrade;
import picocli.CommandLine.Command;

/** {@code mainstay kit}. */
@Command(
        name = "kit",
        description =
                "Recovery kits: they come, change and go while everything runs; what they protect is not touched.",
        subcommands = {KitList.class, KitInstall.class, KitUpgrade.class, KitRemove.class},
        footer = {
            "",
            "Examples:",
            "  mainstay kit list --all-servers",
            "  mainstay kit upgrade redis-kit-1.1.0.jar --all-servers"
        })
public final class KitGroup extends BaseGroup {}
