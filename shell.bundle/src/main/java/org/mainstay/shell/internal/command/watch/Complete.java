package org.mainstay.shell.internal.command.watch;

import java.util.ArrayList;
import java.util.List;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code mainstay complete}: names for the completion scripts, one per line. */
@Command(
        name = "complete",
        hidden = true,
        description = "Prints names for completion: tags, servers or types.",
        footer = {"", "Example:", "  mainstay complete tags"})
public final class Complete extends BaseCommand {
    @Parameters(paramLabel = "WHAT", description = "tags, servers or types.")
    private String what;

    @Override
    public int run(Invocation invocation) throws CommandException {
        ClusterSnapshot snapshot = invocation.snapshot();
        List<String> names = new ArrayList<>();
        switch (what) {
            case "tags" -> names.addAll(snapshot.own().instances().keySet());
            case "servers" -> names.addAll(snapshot.servers());
            case "types" -> invocation.platform().administration().kits().forEach(kit -> names.add(kit.type()));
            default -> throw CommandException.invalid("there are tags, servers and types, not '" + what + "'");
        }
        names.forEach(invocation.out()::println);
        return ExitCode.SUCCESS;
    }
}
