package org.mainstay.shell.internal.command;

import org.mainstay.shell.internal.command.config.ConfigGroup;
import org.mainstay.shell.internal.command.mirror.MirrorGroup;
import org.mainstay.shell.internal.command.node.CommPathGroup;
import org.mainstay.shell.internal.command.node.KarafRun;
import org.mainstay.shell.internal.command.node.KitGroup;
import org.mainstay.shell.internal.command.node.Node;
import org.mainstay.shell.internal.command.node.OperationGroup;
import org.mainstay.shell.internal.command.node.Stop;
import org.mainstay.shell.internal.command.resource.DependencyGroup;
import org.mainstay.shell.internal.command.resource.ResourceGroup;
import org.mainstay.shell.internal.command.safety.FencingGroup;
import org.mainstay.shell.internal.command.safety.QuorumGroup;
import org.mainstay.shell.internal.command.safety.Safety;
import org.mainstay.shell.internal.command.watch.Complete;
import org.mainstay.shell.internal.command.watch.Completion;
import org.mainstay.shell.internal.command.watch.Events;
import org.mainstay.shell.internal.command.watch.MaintenanceGroup;
import org.mainstay.shell.internal.command.watch.Status;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mainstay NOUN VERB}. */
@Command(
        name = "mainstay",
        description = "Keeps applications available on a cluster of servers.",
        subcommands = {
            Status.class,
            Events.class,
            Safety.class,
            MaintenanceGroup.class,
            Node.class,
            CommPathGroup.class,
            ResourceGroup.class,
            DependencyGroup.class,
            OperationGroup.class,
            QuorumGroup.class,
            FencingGroup.class,
            MirrorGroup.class,
            KitGroup.class,
            KarafRun.class,
            ConfigGroup.class,
            Completion.class,
            Complete.class,
            Stop.class
        },
        footer = {
            "",
            "'mainstay NOUN VERB --help' shows options and examples. lkstart starts",
            "Mainstay, lkstop stops it. The commands of the original product are there",
            "under their own names: app_* ins_* dep_* eqv_* typ_* sys_* flg_*, lcdrcp",
            "lcdrecover lcdremexec lcdsync lk_chg_value lk_err perform_action sendevent",
            "getlocks rlslocks lcduname hry_setpri net_list lksupport qwk_storage_init",
            "qwk_storage_exit EditFileShareResource emcmd dkhealthcheck cleanupmirror.",
            "",
            "Exit codes: 0 success, 1 a system call or action failed, 2 syntax, 3 internal",
            "error, 4 exists already, 5 invalid argument, 6 out of range, 7 not found,",
            "8 in use, 9 no communication with the other server."
        })
public final class Mainstay extends BaseGroup {
    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Prints the release.")
    boolean version;
}
