package org.mainstay.shell.internal.view;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.mainstay.shell.internal.registry.Terminal;
import org.mainstay.shell.internal.view.Rows.OperationRow;
import org.mainstay.shell.internal.view.Rows.PathRow;
import org.mainstay.shell.internal.view.Rows.ResourceRow;
import org.mainstay.shell.internal.view.Rows.ServerRow;
import org.mainstay.shell.internal.view.Rows.StatusDocument;

/** {@code status} for people: servers, comm paths, hierarchies with the state per server, problems. */
public final class StatusText {
    private static final String INDENT = "  ";

    private final StatusDocument status;
    private final Terminal terminal;
    private final Style style;
    private final PrintStream out;

    public StatusText(StatusDocument status, Terminal terminal, PrintStream out) {
        this.status = status;
        this.terminal = terminal;
        this.style = new Style(terminal);
        this.out = out;
    }

    public void print() {
        printServers();
        printSafety();
        printPaths();
        printHierarchies();
        printOperations();
        printProblems();
    }

    private void printServers() {
        Table table = new Table(style, INDENT, List.of("SERVER", "STATE", ""));
        for (ServerRow row : status.servers()) {
            table.row(List.of(row.name(), style.state(row.state(), row.state()), style.faint(remark(row))));
        }
        table.print(out);
    }

    /** What keeps a resource from being in service twice; of no interest on a server alone. */
    private void printSafety() {
        if (status.safety() == null || status.servers().size() < 2) {
            return;
        }
        out.println();
        out.println(INDENT + style.heading("SAFETY") + "  " + status.safety().summary()
                + style.faint("; see 'mainstay safety'"));
        List<String> without = status.resources().stream()
                .filter(row -> Boolean.FALSE.equals(row.killHandles()))
                .map(row -> row.tag() + " on " + row.server())
                .toList();
        if (!without.isEmpty()) {
            out.println(INDENT + "        cannot be stopped without its kit: " + String.join(", ", without));
        }
    }

    private String remark(ServerRow row) {
        if (row.name().equals(status.server())) {
            String phase = status.phase().toLowerCase(Locale.ROOT);
            return "AVAILABLE".equals(status.phase()) ? "this server" : "this server, " + phase;
        }
        if (ClusterView.onDiskOnly(status.commpaths(), status.server(), row.name())) {
            return "heard over the shared disk only";
        }
        return Boolean.FALSE.equals(row.manager()) ? "only its guard answers" : "";
    }

    private void printPaths() {
        out.println();
        if (status.commpaths().isEmpty()) {
            out.println(INDENT + style.heading("COMM PATHS") + "  none");
            return;
        }
        pathTable(status.commpaths(), style, INDENT).print(out);
    }

    /** Returns the table of comm paths. */
    public static Table pathTable(List<PathRow> rows, Style style, String indent) {
        Table table = new Table(style, indent, List.of("COMM PATH", "LOCAL", "REMOTE", "PRIORITY", "BEAT", "STATE"));
        for (PathRow row : rows) {
            table.row(List.of(
                    row.from() + " -> " + row.to(),
                    row.local(),
                    row.disk() ? "(shared disk)" : row.remote(),
                    Integer.toString(row.priority()),
                    seconds(row.interval()) + " s x " + row.misses(),
                    style.state(row.state(), row.state())));
        }
        return table;
    }

    /** Returns seconds without needless digits. */
    static String seconds(double value) {
        String text = String.format(Locale.ROOT, "%.3f", value).replaceAll("0+$", "");
        return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    }

    private void printHierarchies() {
        out.println();
        if (status.resources().isEmpty()) {
            out.println(INDENT + style.heading("RESOURCES") + "  none");
            return;
        }
        List<String> servers = status.servers().stream().map(ServerRow::name).toList();
        List<String> headings = new ArrayList<>(List.of("RESOURCE", "TYPE"));
        headings.addAll(servers);
        Table table = new Table(style, INDENT, headings);
        Map<String, Map<String, ResourceRow>> byTag = HierarchyTree.byTag(status.resources());
        for (HierarchyTree.Line line :
                HierarchyTree.lines(status.resources(), status.dependencies(), terminal.unicode())) {
            table.row(cells(line, byTag.getOrDefault(line.tag(), Map.of()), servers));
        }
        table.print(out);
    }

    private List<String> cells(HierarchyTree.Line line, Map<String, ResourceRow> rows, List<String> servers) {
        List<String> cells = new ArrayList<>();
        cells.add(line.prefix() + line.tag() + (line.repeated() ? " (see above)" : ""));
        cells.add(rows.values().stream().findFirst().map(ResourceRow::type).orElse(""));
        for (String server : servers) {
            ResourceRow row = rows.get(server);
            cells.add(row == null ? "" : cell(row));
        }
        return cells;
    }

    private String cell(ResourceRow row) {
        StringBuilder text = new StringBuilder(style.state(row.state(), row.state()));
        if (row.lastKnown() != null) {
            text.append(" (was ").append(row.lastKnown()).append(')');
        }
        if (row.transition() != null) {
            text.append(' ').append(style.state(transition(row.transition()), row.transition()));
        }
        if (row.failed()) {
            text.append(' ').append(style.problem("FAILED"));
        }
        if (Problems.unreleased(row)) {
            text.append(' ').append(style.problem("not released"));
        }
        return text.append(style.faint(" p" + row.priority())).toString();
    }

    private static String transition(String name) {
        return switch (name) {
            case "RESTORE" -> "starting";
            case "REMOVE" -> "stopping";
            case "RECOVER" -> "recovering";
            default -> name.toLowerCase(Locale.ROOT);
        };
    }

    private void printOperations() {
        if (status.operations().isEmpty()) {
            return;
        }
        out.println();
        operationTable(status.operations(), style, INDENT).print(out);
    }

    /** Returns the table of unfinished operations. */
    public static Table operationTable(List<OperationRow> rows, Style style, String indent) {
        Table table = new Table(style, indent, List.of("OPERATION", "COORDINATOR", "SERVERS", "STATE", "WHAT"));
        for (OperationRow row : rows) {
            table.row(List.of(
                    row.id(), row.coordinator(), String.join(" ", row.servers()), row.state(), row.description()));
        }
        return table;
    }

    private void printProblems() {
        for (ResourceRow row : status.resources()) {
            if (row.transition() != null && row.progress() != null) {
                out.println();
                out.println(INDENT + row.tag() + " on " + row.server() + ": " + row.progress());
            }
        }
        if (status.problems().isEmpty()) {
            return;
        }
        out.println();
        out.println(INDENT + style.heading("PROBLEMS"));
        status.problems().forEach(problem -> out.println(INDENT + style.problem("! ") + problem));
    }
}
