package org.mainstay.shell.internal.command.node;

import org.mainstay.shell.internal.command.BaseGroup;
import picocli.CommandLine.Command;

/** {@code mainstay node}. */
@Command(
        name = "node",
        description = "Servers of the cluster.",
        subcommands = {
            NodeInit.class,
            NodeInvite.class,
            NodeJoin.class,
            NodeList.class,
            NodeShow.class,
            NodeSet.class,
            NodeRemove.class,
            NodeConfirmDown.class,
            NodePhase.class
        },
        footer = {
            "",
            "Example, two servers:",
            "  on A: mainstay node init --name A --address 10.77.1.1",
            "        lkstart",
            "        mainstay node invite",
            "  on B: mainstay node join --name B --address 10.77.1.2 \\",
            "             --peer 10.77.1.1 --code 12345678",
            "        lkstart"
        })
public final class Node extends BaseGroup {}
