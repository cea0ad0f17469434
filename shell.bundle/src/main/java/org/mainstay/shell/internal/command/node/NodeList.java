package org.mainstay.shell.internal.command.node;

import java.util.List;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.JsonOption;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.view.ClusterView;
import org.mainstay.shell.internal.view.Json;
import org.mainstay.shell.internal.view.Rows.ServerRow;
import org.mainstay.shell.internal.view.Style;
import org.mainstay.shell.internal.view.Table;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code mainstay node list}. */
@Command(
        name = "list",
        description = "Lists the servers of the cluster.",
        footer = {"", "Example:", "  mainstay node list --json"})
public final class NodeList extends BaseCommand {
    @Mixin
    private JsonOption json = new JsonOption();

    @Override
    public int run(Invocation invocation) throws CommandException {
        List<ServerRow> rows = new ClusterView(invocation.snapshot()).servers();
        if (json.chosen()) {
            invocation.out().println(Json.list("servers", rows));
            return ExitCode.SUCCESS;
        }
        Style style = new Style(invocation.context().terminal());
        Table table = new Table(style, "", List.of("SERVER", "STATE", "ADDRESS", "PORT"));
        for (ServerRow row : rows) {
            table.row(List.of(
                    row.name(),
                    style.state(row.state(), row.state()),
                    row.address() == null ? "-" : row.address(),
                    row.port() == null ? "-" : row.port().toString()));
        }
        table.print(invocation.out());
        return ExitCode.SUCCESS;
    }
}
