package org.mainstay.shell.internal.command.resource;

import java.util.List;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.JsonOption;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.view.ClusterView;
import org.mainstay.shell.internal.view.Json;
import org.mainstay.shell.internal.view.Rows.DependencyRow;
import org.mainstay.shell.internal.view.Style;
import org.mainstay.shell.internal.view.Table;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code mainstay dependency list}. */
@Command(
        name = "list",
        description = "Lists the dependencies of all servers.",
        footer = {"", "Example:", "  mainstay dependency list --json"})
public final class DependencyList extends BaseCommand {
    @Mixin
    private JsonOption json = new JsonOption();

    @Override
    public int run(Invocation invocation) throws CommandException {
        List<DependencyRow> rows = new ClusterView(invocation.snapshot()).dependencies();
        if (json.chosen()) {
            invocation.out().println(Json.list("dependencies", rows));
            return ExitCode.SUCCESS;
        }
        Table table = new Table(new Style(invocation.context().terminal()), "", List.of("PARENT", "CHILD"));
        rows.forEach(row -> table.row(List.of(row.parent(), row.child())));
        table.print(invocation.out());
        return ExitCode.SUCCESS;
    }
}
