package org.mainstay.shell.internal.command.safety;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.QuorumSettings;
import org.mainstay.cluster.QuorumStatus;
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

/** {@code mainstay quorum status}. */
@Command(
        name = "status",
        description =
                "Shows the quorum configuration in effect on this server, whether it has the right to run resources, and how "
                        + "it sees the others. A configuration that cannot be used is refused as a whole: what is wrong "
                        + "with it is shown here.",
        footer = {"", "Examples:", "  mainstay quorum status", "  mainstay quorum status --json"})
public final class QuorumShow extends BaseCommand {
    private static final double MILLIS = 1000.0;

    @Mixin
    private JsonOption json = new JsonOption();

    @Override
    public int run(Invocation invocation) throws CommandException {
        QuorumStatus status = invocation.platform().safety().quorum().quorum();
        if (json.chosen()) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("schema", Rows.SCHEMA);
            document.put("quorum", status);
            invocation.out().println(Json.document(document));
        } else {
            print(status, new Style(invocation.context().terminal()), invocation.out());
        }
        return ExitCode.SUCCESS;
    }

    private static void print(QuorumStatus status, Style style, PrintStream out) {
        QuorumSettings settings = status.settings();
        Table table = new Table(style, "", List.of("PARAMETER", "IN EFFECT"));
        table.row(List.of("QUORUM_MODE", word(settings.quorum())));
        table.row(List.of("WITNESS_MODE", word(settings.witness())));
        table.row(List.of("QUORUM_QUARANTINE_SECS", seconds(settings.quarantineMillis())));
        table.row(List.of("QUORUM_LEASE_SECS", seconds(settings.leaseMillis())));
        table.row(List.of("QUORUM_LOSS_STOP_SECS", seconds(settings.lossStopMillis())));
        settings.witnessParameters().forEach((name, value) -> table.row(List.of(name, value)));
        table.row(List.of("SAFETY_CHECK_SECS", seconds(settings.safety().limitMillis())));
        table.row(List.of("WATCHDOG_DEVICE", settings.watchdogDevice()));
        table.print(out);
        out.println();
        out.println(style.heading("RIGHT TO RUN") + "  " + status.right()
                + (status.reason().isEmpty() ? "" : ": " + status.reason()));
        if (!status.cutOff().isEmpty()) {
            out.println("  " + style.problem("! ") + "this server is cut off: " + status.cutOff());
        }
        out.println();
        Table servers = new Table(style, "", List.of("SERVER", "REACHED", "GRANT", "WITNESS", "SIGHT"));
        status.servers()
                .forEach(server -> servers.row(List.of(
                        server.name(),
                        server.alive() ? "yes" : style.problem("no"),
                        server.grant(),
                        server.witness(),
                        server.sight())));
        servers.print(out);
        if (!status.refused().isEmpty()) {
            out.println();
            out.println("etc/default/LifeKeeper is not in effect; what was configured before holds:");
            status.refused().forEach(line -> out.println("  " + style.problem("! ") + line));
        }
        status.warnings().forEach(line -> out.println("  - " + line));
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static String seconds(long millis) {
        return millis % 1000 == 0 ? Long.toString(millis / 1000) : Double.toString(millis / MILLIS);
    }
}
