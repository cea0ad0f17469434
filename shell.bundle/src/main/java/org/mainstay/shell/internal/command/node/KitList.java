package org.mainstay.shell.internal.command.node;

import java.util.List;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.JsonOption;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.view.Json;
import org.mainstay.shell.internal.view.Rows.KitRow;
import org.mainstay.shell.internal.view.Style;
import org.mainstay.shell.internal.view.Table;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code mainstay kit list}. */
@Command(
        name = "list",
        description = "Lists the recovery kits that are usable on this server.",
        footer = {"", "Example:", "  mainstay kit list --json"})
public final class KitList extends BaseCommand {
    @Mixin
    private JsonOption json = new JsonOption();

    @Override
    public int run(Invocation invocation) throws CommandException {
        List<KitRow> rows = invocation.platform().administration().kits().stream()
                .map(kit -> new KitRow(kit.application(), kit.type(), kit.version(), kit.title()))
                .toList();
        if (json.chosen()) {
            invocation.out().println(Json.list("kits", rows));
            return ExitCode.SUCCESS;
        }
        Style style = new Style(invocation.context().terminal());
        Table table = new Table(style, "", List.of("TYPE", "APPLICATION", "VERSION", "KIT"));
        rows.forEach(row -> table.row(List.of(row.type(), row.app(), row.version(), row.title())));
        table.print(invocation.out());
        return ExitCode.SUCCESS;
    }
}
