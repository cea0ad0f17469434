package org.mainstay.shell.internal.command.safety;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Fencing;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.JsonOption;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.view.ClusterView;
import org.mainstay.shell.internal.view.Json;
import org.mainstay.shell.internal.view.Rows;
import org.mainstay.shell.internal.view.Style;
import org.mainstay.shell.internal.view.Table;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code mainstay fencing list}. */
@Command(
        name = "list",
        description = "Lists the fencing devices of all servers by level, and what operators acknowledged.",
        footer = {"", "Examples:", "  mainstay fencing list", "  mainstay fencing list --json"})
public final class FencingList extends BaseCommand {
    @Mixin
    private JsonOption json = new JsonOption();

    @Override
    public int run(Invocation invocation) throws CommandException {
        Fencing fencing = invocation.platform().safety().fencing();
        List<Fencing.LevelDevice> levels = fencing.levels();
        List<Fencing.Acknowledgement> words = fencing.acknowledgements();
        if (json.chosen()) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("schema", Rows.SCHEMA);
            document.put("devices", levels);
            document.put("acknowledgements", words);
            invocation.out().println(Json.document(document));
            return ExitCode.SUCCESS;
        }
        Style style = new Style(invocation.context().terminal());
        if (levels.isEmpty()) {
            invocation.out().println("No fencing is configured; see 'mainstay fencing --help'.");
        } else {
            Table table = new Table(style, "", List.of("SERVER", "LEVEL", "DEVICE", "BY", "USABLE", ""));
            levels.forEach(level -> table.row(List.of(
                    level.server(),
                    Integer.toString(level.level()),
                    level.device(),
                    level.what(),
                    level.usable() ? "yes" : style.problem("no"),
                    level.remark())));
            table.print(invocation.out());
        }
        if (!words.isEmpty()) {
            invocation.out().println();
            Table table = new Table(style, "", List.of("ACKNOWLEDGED", "WHEN", "BY", "FROM", "REMARK"));
            words.forEach(word -> table.row(
                    List.of(word.server(), ClusterView.time(word.at()), word.user(), word.from(), word.remark())));
            table.print(invocation.out());
        }
        return ExitCode.SUCCESS;
    }
}
