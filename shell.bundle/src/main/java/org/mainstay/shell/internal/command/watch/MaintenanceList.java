package org.mainstay.shell.internal.command.watch;

import java.util.List;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.JsonOption;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.view.ClusterView;
import org.mainstay.shell.internal.view.Json;
import org.mainstay.shell.internal.view.Rows.MaintenanceRow;
import org.mainstay.shell.internal.view.Style;
import org.mainstay.shell.internal.view.Table;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code mainstay maintenance list}. */
@Command(
        name = "list",
        description = "Lists what is under maintenance, until when, and who began it.",
        footer = {"", "Example:", "  mainstay maintenance list"})
public final class MaintenanceList extends BaseCommand {
    @Mixin
    private JsonOption json = new JsonOption();

    @Override
    public int run(Invocation invocation) throws CommandException {
        List<MaintenanceRow> rows = new ClusterView(invocation.snapshot()).maintenance();
        if (json.chosen()) {
            invocation.out().println(Json.list("maintenance", rows));
            return ExitCode.SUCCESS;
        }
        Table table =
                new Table(new Style(invocation.context().terminal()), "", List.of("SCOPE", "SERVER", "UNTIL", "BY"));
        rows.forEach(row ->
                table.row(List.of(row.scope(), row.server(), row.until() == null ? "ended" : row.until(), row.by())));
        table.print(invocation.out());
        return ExitCode.SUCCESS;
    }
}
