package org.mainstay.shell.internal.command.safety;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.SafetyReport;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.JsonOption;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.view.Json;
import org.mainstay.shell.internal.view.Rows;
import org.mainstay.shell.internal.view.Style;
import org.mainstay.shell.internal.view.Table;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code mainstay safety}. */
@Command(
        name = "safety",
        description =
                "Shows how safe the cluster is: what happens if a server loses power, if the links are cut, if both. Computed "
                        + "from the configuration: quorum, witness, fencing, watchdog, reservations, kill handles.",
        footer = {"", "Examples:", "  mainstay safety", "  mainstay safety --json"})
public final class Safety extends BaseCommand {
    @Mixin
    private JsonOption json = new JsonOption();

    @Override
    public int run(Invocation invocation) throws CommandException {
        SafetyReport report = invocation.platform().safety().report().report();
        if (json.chosen()) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("schema", Rows.SCHEMA);
            document.put("safety", report);
            invocation.out().println(Json.document(document));
        } else {
            print(report, new Style(invocation.context().terminal()), invocation.out());
        }
        return ExitCode.SUCCESS;
    }

    private static void print(SafetyReport report, Style style, PrintStream out) {
        out.println(style.heading("SAFETY") + "  " + report.summary());
        report.modes().forEach(line -> out.println("  " + line));
        out.println();
        for (SafetyReport.Fault fault : report.faults()) {
            out.println(style.heading("If " + fault.fault()) + ": " + outcome(fault, style));
            out.println("  " + fault.what());
        }
        out.println();
        Table table = new Table(style, "", List.of("SERVER", "WATCHDOG", "FENCING"));
        report.servers()
                .forEach(server -> table.row(List.of(
                        server.name(),
                        server.watchdog() ? "yes" : "no",
                        server.fencing().isEmpty() ? "none" : String.join(", ", server.fencing()))));
        table.print(out);
        if (!report.resources().isEmpty()) {
            out.println();
            report.resources()
                    .forEach(resource ->
                            out.println(resource.tag() + " on " + resource.server() + ": " + resource.remark()));
        }
        if (!report.advice().isEmpty()) {
            out.println();
            out.println(style.heading("ADVICE"));
            report.advice().forEach(line -> out.println("- " + line));
        }
    }

    private static String outcome(SafetyReport.Fault fault, Style style) {
        return switch (fault.outcome()) {
            case TAKEN_OVER ->
                "taken over" + (fault.seconds() > 0 ? " after " + seconds(fault.seconds()) + " s plus the start" : "");
            case STAYS -> "nothing moves";
            case DOWN -> style.problem("service stops");
            case TWICE -> style.problem("may run twice");
        };
    }

    private static String seconds(double value) {
        return String.format(Locale.ROOT, "%.1f", value).replaceAll("\\.0$", "");
    }
}
