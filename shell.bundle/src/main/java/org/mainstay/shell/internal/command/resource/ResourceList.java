package org.mainstay.shell.internal.command.resource;

import java.util.List;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.JsonOption;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.view.ClusterView;
import org.mainstay.shell.internal.view.Json;
import org.mainstay.shell.internal.view.ResourceText;
import org.mainstay.shell.internal.view.Rows.ResourceRow;
import org.mainstay.shell.internal.view.Style;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code mainstay resource list}. */
@Command(
        name = "list",
        description = "Lists the resources on all servers.",
        footer = {"", "Example:", "  mainstay resource list --json"})
public final class ResourceList extends BaseCommand {
    @Mixin
    private JsonOption json = new JsonOption();

    @Override
    public int run(Invocation invocation) throws CommandException {
        List<ResourceRow> rows = new ClusterView(invocation.snapshot()).resources();
        if (json.chosen()) {
            invocation.out().println(Json.list("resources", rows));
        } else {
            ResourceText.table(rows, new Style(invocation.context().terminal())).print(invocation.out());
        }
        return ExitCode.SUCCESS;
    }
}
