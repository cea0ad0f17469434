package org.mainstay.shell.internal.command.safety;

import org.mainstay.shell.internal.command.BaseGroup;
import picocli.CommandLine.Command;

/** {@code mainstay fencing}. */
@Command(
        name = "fencing",
        description = "Switching off servers that cannot be reached. Devices are configured in etc/fencing.",
        subcommands = {FencingList.class, FencingTest.class, FencingAcknowledge.class},
        footer = {
            "",
            "Example of etc/fencing, for a server B with an IPMI board:",
            "  [power-b]",
            "  server=B",
            "  agent=fence_ipmilan",
            "  option.ip=10.0.9.2",
            "  option.username=admin",
            "  secret.password=secrets/power-b",
            "then",
            "  mainstay fencing test B"
        })
public final class FencingGroup extends BaseGroup {}
