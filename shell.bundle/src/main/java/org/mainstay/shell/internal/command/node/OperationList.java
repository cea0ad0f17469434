package org.mainstay.shell.internal.command.node;

import java.util.List;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.JsonOption;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.view.ClusterView;
import org.mainstay.shell.internal.view.Json;
import org.mainstay.shell.internal.view.Rows.OperationRow;
import org.mainstay.shell.internal.view.StatusText;
import org.mainstay.shell.internal.view.Style;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code mainstay operation list}. */
@Command(
        name = "list",
        description = "Lists the operations that are prepared or committed here and not finished.",
        footer = {"", "Example:", "  mainstay operation list --json"})
public final class OperationList extends BaseCommand {
    @Mixin
    private JsonOption json = new JsonOption();

    @Override
    public int run(Invocation invocation) throws CommandException {
        List<OperationRow> rows = new ClusterView(invocation.snapshot()).operations();
        if (json.chosen()) {
            invocation.out().println(Json.list("operations", rows));
        } else if (rows.isEmpty()) {
            invocation.out().println("no operation is open");
        } else {
            StatusText.operationTable(rows, new Style(invocation.context().terminal()), "")
                    .print(invocation.out());
        }
        return ExitCode.SUCCESS;
    }
}
