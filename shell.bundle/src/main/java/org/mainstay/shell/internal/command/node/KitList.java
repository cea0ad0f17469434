package org.mainstay.shell.internal.command.node;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.JsonOption;
import org.mainstay.shell.internal.command.kit.KitComparison;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.view.Json;
import org.mainstay.shell.internal.view.Rows.KitRow;
import org.mainstay.shell.internal.view.Style;
import org.mainstay.shell.internal.view.Table;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mainstay kit list}. */
@Command(
        name = "list",
        description =
                "Lists the recovery kits that are usable on this server, with the versions they give themselves, and"
                        + " those that are missing for resources of it.",
        footer = {"", "Examples:", "  mainstay kit list --json", "  mainstay kit list --all-servers"})
public final class KitList extends BaseCommand {
    @Mixin
    private JsonOption json = new JsonOption();

    @Option(
            names = "--all-servers",
            description =
                    "Lists the bundles of kits that are installed on every server, with the versions of the bundles;"
                            + " exit code 1 if they do not agree.")
    private boolean allServers;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        if (allServers) {
            return KitComparison.of(invocation).print(invocation, json.chosen());
        }
        List<KitRow> rows = new ArrayList<>();
        for (Administration.Kit kit : invocation.platform().administration().kits()) {
            rows.add(new KitRow(kit.application(), kit.type(), kit.version(), kit.title()));
        }
        rows.addAll(missing(invocation, rows));
        if (json.chosen()) {
            invocation.out().println(Json.list("kits", rows));
            return ExitCode.SUCCESS;
        }
        Style style = new Style(invocation.context().terminal());
        Table table = new Table(style, "", List.of("TYPE", "APPLICATION", "VERSION", "KIT"));
        rows.forEach(row -> table.row(
                List.of(row.type(), row.app(), row.version() == null ? "missing" : row.version(), row.title())));
        table.print(invocation.out());
        return ExitCode.SUCCESS;
    }

    /** A kit that resources need and that is not there is shown as such: nothing of it is checked or moved (I8). */
    private static List<KitRow> missing(Invocation invocation, List<KitRow> there) throws CommandException {
        List<String> keys =
                there.stream().map(row -> row.app() + "/" + row.type()).toList();
        Map<String, List<Instance>> without = invocation.snapshot().own().instances().values().stream()
                .filter(instance -> !keys.contains(instance.typeKey()))
                .collect(Collectors.groupingBy(Instance::typeKey, TreeMap::new, Collectors.toList()));
        return without.values().stream()
                .map(left -> new KitRow(
                        left.get(0).application(),
                        left.get(0).type(),
                        null,
                        "not installed here; left alone: "
                                + left.stream().map(Instance::tag).sorted().collect(Collectors.joining(", "))))
                .toList();
    }
}
