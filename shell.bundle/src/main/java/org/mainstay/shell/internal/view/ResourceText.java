package org.mainstay.shell.internal.view;

import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import org.mainstay.shell.internal.view.Rows.ResourceDocument;
import org.mainstay.shell.internal.view.Rows.ResourceRow;

/** Resources for people. */
public final class ResourceText {
    private ResourceText() {}

    /** Returns one line per instance. */
    public static Table table(List<ResourceRow> rows, Style style) {
        Table table = new Table(style, "", List.of("TAG", "TYPE", "SERVER", "STATE", "PRIORITY", "REASON"));
        for (ResourceRow row : rows) {
            table.row(List.of(
                    row.tag(),
                    row.type(),
                    row.server(),
                    style.state(state(row), row.state()),
                    Integer.toString(row.priority()),
                    row.reason()));
        }
        return table;
    }

    private static String state(ResourceRow row) {
        return row.state()
                + (row.lastKnown() == null ? "" : " (was " + row.lastKnown() + ")")
                + (row.transition() == null ? "" : " " + row.transition())
                + (row.failed() ? " FAILED" : "");
    }

    /** Prints everything known of one resource. */
    public static void print(ResourceDocument resource, Style style, PrintStream out) {
        ResourceRow first = resource.resources().get(0);
        out.println(style.heading(resource.tag()) + "  " + first.app() + "/" + first.type() + "  id " + first.id());
        line(out, "needs", resource.children());
        line(out, "needed by", resource.parents());
        out.println();
        Table states = new Table(
                style, "  ", List.of("SERVER", "STATE", "PRIORITY", "RELEASED", "EPOCH", "LAST CHECK", "REASON"));
        for (ResourceRow row : resource.resources()) {
            states.row(List.of(
                    row.server(),
                    style.state(state(row), row.state()),
                    Integer.toString(row.priority()),
                    released(row),
                    Long.toString(row.epoch()),
                    row.checkedAt() == null ? "-" : row.checkedAt(),
                    row.reason()));
        }
        states.print(out);
        section(out, "settings on " + resource.server(), resource.settings());
        section(out, "properties on " + resource.server(), resource.properties());
    }

    private static String released(ResourceRow row) {
        boolean inService = "ISP".equals(row.state()) || "ISU".equals(row.state());
        return inService ? "-" : row.released() ? "yes" : "no";
    }

    private static void line(PrintStream out, String label, List<String> tags) {
        if (!tags.isEmpty()) {
            out.println("  " + label + ": " + String.join(", ", tags));
        }
    }

    private static void section(PrintStream out, String title, Map<String, String> values) {
        if (values.isEmpty()) {
            return;
        }
        out.println();
        out.println("  " + title);
        values.forEach((key, value) -> out.println("    " + key + "=" + value));
    }
}
