package org.mainstay.shell.internal.command.node;

import java.util.List;
import java.util.Map;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.JsonOption;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.view.ClusterView;
import org.mainstay.shell.internal.view.Json;
import org.mainstay.shell.internal.view.Rows.NodeRow;
import org.mainstay.shell.internal.view.Rows.ServerRow;
import org.mainstay.shell.internal.view.Style;
import org.mainstay.shell.internal.view.Table;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code mainstay node list}. */
@Command(
        name = "list",
        description = "Lists the servers of the cluster, with the release of Mainstay that runs on each.",
        footer = {"", "Example:", "  mainstay node list --json"})
public final class NodeList extends BaseCommand {
    @Mixin
    private JsonOption json = new JsonOption();

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        List<ServerRow> servers = new ClusterView(invocation.snapshot()).servers();
        Map<String, String> releases = Releases.of(invocation, servers);
        List<NodeRow> rows = servers.stream()
                .map(row -> new NodeRow(
                        row.name(), row.state(), row.manager(), row.address(), row.port(), releases.get(row.name())))
                .toList();
        if (json.chosen()) {
            invocation.out().println(Json.list("servers", rows));
            return ExitCode.SUCCESS;
        }
        Style style = new Style(invocation.context().terminal());
        Table table = new Table(style, "", List.of("SERVER", "STATE", "ADDRESS", "PORT", "VERSION"));
        for (NodeRow row : rows) {
            table.row(List.of(
                    row.name(),
                    style.state(row.state(), row.state()),
                    row.address() == null ? "-" : row.address(),
                    row.port() == null ? "-" : row.port().toString(),
                    row.version() == null ? "-" : row.version()));
        }
        table.print(invocation.out());
        return ExitCode.SUCCESS;
    }
}
