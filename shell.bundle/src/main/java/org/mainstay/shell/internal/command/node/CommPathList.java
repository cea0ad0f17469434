package org.mainstay.shell.internal.command.node;

import java.util.List;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.JsonOption;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.view.ClusterView;
import org.mainstay.shell.internal.view.Json;
import org.mainstay.shell.internal.view.Rows.PathRow;
import org.mainstay.shell.internal.view.StatusText;
import org.mainstay.shell.internal.view.Style;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code mainstay commpath list}. */
@Command(
        name = "list",
        description = "Lists the comm paths: one line for each direction, as the first server sees it.",
        footer = {"", "Example:", "  mainstay commpath list --json"})
public final class CommPathList extends BaseCommand {
    @Mixin
    private JsonOption json = new JsonOption();

    @Override
    public int run(Invocation invocation) throws CommandException {
        List<PathRow> rows = new ClusterView(invocation.snapshot()).paths();
        if (json.chosen()) {
            invocation.out().println(Json.list("commpaths", rows));
        } else {
            StatusText.pathTable(rows, new Style(invocation.context().terminal()), "")
                    .print(invocation.out());
        }
        return ExitCode.SUCCESS;
    }
}
