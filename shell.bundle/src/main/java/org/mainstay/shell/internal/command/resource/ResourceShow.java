package org.mainstay.shell.internal.command.resource;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceSettings;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.JsonOption;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.view.ClusterView;
import org.mainstay.shell.internal.view.Json;
import org.mainstay.shell.internal.view.Masking;
import org.mainstay.shell.internal.view.ResourceText;
import org.mainstay.shell.internal.view.Rows;
import org.mainstay.shell.internal.view.Rows.DependencyRow;
import org.mainstay.shell.internal.view.Rows.ResourceDocument;
import org.mainstay.shell.internal.view.Rows.ResourceRow;
import org.mainstay.shell.internal.view.Style;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mainstay resource show}. Secrets are masked. */
@Command(
        name = "show",
        description = "Shows a resource: state on each server, settings, properties, what it needs and what needs it.",
        footer = {"", "Examples:", "  mainstay resource show pg", "  mainstay resource show pg --on B --json"})
public final class ResourceShow extends BaseCommand {
    @Parameters(paramLabel = "TAG", description = "The resource.")
    private String tag;

    @Option(names = "--on", paramLabel = "NAME", description = "Settings and properties of this server; default: here.")
    private String server;

    @Mixin
    private JsonOption json = new JsonOption();

    @Override
    public int run(Invocation invocation) throws CommandException {
        ResourceDocument document = document(invocation);
        if (json.chosen()) {
            invocation.out().println(Json.document(document));
        } else {
            ResourceText.print(document, new Style(invocation.context().terminal()), invocation.out());
        }
        return ExitCode.SUCCESS;
    }

    private ResourceDocument document(Invocation invocation) throws CommandException {
        ClusterSnapshot snapshot = invocation.snapshot();
        ClusterView view = new ClusterView(snapshot);
        List<ResourceRow> rows =
                view.resources().stream().filter(row -> row.tag().equals(tag)).toList();
        if (rows.isEmpty()) {
            throw CommandException.notFound(
                    "there is no resource '" + tag + "'; 'mainstay resource list' shows the resources");
        }
        List<String> holders = rows.stream().map(ResourceRow::server).toList();
        String where = server != null ? server : holders.get(0);
        if (!holders.contains(where)) {
            throw CommandException.notFound(
                    "there is no resource '" + tag + "' on " + where + "; it is on " + String.join(", ", holders));
        }
        Instance instance = snapshot.lcd(where).orElseThrow().instance(tag).orElseThrow();
        List<DependencyRow> dependencies = view.dependencies();
        return new ResourceDocument(
                Rows.SCHEMA,
                tag,
                where,
                settings(instance.settings()),
                Masking.masked(invocation.platform(), instance),
                rows,
                dependencies.stream()
                        .filter(row -> row.child().equals(tag))
                        .map(DependencyRow::parent)
                        .toList(),
                dependencies.stream()
                        .filter(row -> row.parent().equals(tag))
                        .map(DependencyRow::child)
                        .toList());
    }

    private static Map<String, String> settings(InstanceSettings settings) {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("init", settings.init().name());
        values.put("quickCheck", Integer.toString(settings.quickCheckSeconds()));
        values.put("deepCheck", Integer.toString(settings.deepCheckSeconds()));
        values.put("localRecovery", settings.localRecovery() ? "yes" : "no");
        values.put("switchback", settings.switchback().name());
        return values;
    }
}
