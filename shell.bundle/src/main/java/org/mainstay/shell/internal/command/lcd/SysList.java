package org.mainstay.shell.internal.command.lcd;

import java.util.SortedSet;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;

/** {@code sys_list} (CMD-303). */
@Command(
        name = "sys_list",
        separator = " ",
        description = "Lists the servers known, one per line.",
        customSynopsis = "sys_list [-d destsys]",
        footer = {"", "Example:", "  sys_list"})
public final class SysList extends LcdCommand {
    @Override
    public int run(Invocation invocation) throws CommandException {
        ClusterSnapshot snapshot = invocation.snapshot();
        SortedSet<String> names = new TreeSet<>(snapshot.servers());
        names.addAll(snapshot.own().rows(LcdSection.SYSTEMS).keySet());
        names.forEach(invocation.out()::println);
        return ExitCode.SUCCESS;
    }
}
