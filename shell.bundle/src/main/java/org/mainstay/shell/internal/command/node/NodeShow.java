package org.mainstay.shell.internal.command.node;

import java.util.List;
import java.util.Optional;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ClusterSnapshot.PeerState;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Restriction;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.JsonOption;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.view.ClusterView;
import org.mainstay.shell.internal.view.Json;
import org.mainstay.shell.internal.view.PathSummary;
import org.mainstay.shell.internal.view.Rows;
import org.mainstay.shell.internal.view.Rows.PathSummaryRow;
import org.mainstay.shell.internal.view.Rows.RestrictionRow;
import org.mainstay.shell.internal.view.Rows.ServerDocument;
import org.mainstay.shell.internal.view.Style;
import org.mainstay.shell.internal.view.Table;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code mainstay node show}: properties of a server (ADM-020 to ADM-040). */
@Command(
        name = "show",
        description =
                "Shows properties of a server: state, your role, shutdown strategy, failover restrictions against other active "
                        + "servers, comm paths, flags.",
        footer = {"", "Examples:", "  mainstay node show", "  mainstay node show B --json"})
public final class NodeShow extends BaseCommand {
    @Parameters(paramLabel = "NAME", arity = "0..1", description = "The server; default: this one.")
    private String name;

    @Mixin
    private JsonOption json = new JsonOption();

    @Override
    public int run(Invocation invocation) throws CommandException {
        ClusterSnapshot snapshot = invocation.snapshot();
        String server = name == null ? snapshot.self() : name;
        Optional<Lcd> lcd = snapshot.lcd(server);
        if (lcd.isEmpty()) {
            throw CommandException.notFound(
                    "there is no server '" + server + "'; the servers are " + String.join(", ", snapshot.servers()));
        }
        ServerDocument document = document(invocation, snapshot, server, lcd.get());
        if (json.chosen()) {
            invocation.out().println(Json.document(document));
        } else {
            print(invocation, document);
        }
        return ExitCode.SUCCESS;
    }

    private static ServerDocument document(Invocation invocation, ClusterSnapshot snapshot, String server, Lcd lcd) {
        ClusterView view = new ClusterView(snapshot);
        List<String> active = snapshot.servers().stream()
                .filter(other -> !other.equals(server))
                .filter(other -> other.equals(snapshot.self())
                        || snapshot.peers().get(other).state() == PeerState.ALIVE)
                .toList();
        PeerState state = server.equals(snapshot.self())
                ? PeerState.ALIVE
                : snapshot.peers().get(server).state();
        return new ServerDocument(
                Rows.SCHEMA,
                server,
                state.name(),
                invocation.context().caller().role().name(),
                lcd.row(LcdSection.FLAGS, "shutdown_switchover").isPresent() ? "switch-over" : "stay",
                active.stream().map(other -> restriction(lcd, other)).toList(),
                PathSummary.of(snapshot.servers(), view.paths(), server),
                List.copyOf(lcd.rows(LcdSection.FLAGS).keySet()));
    }

    private static RestrictionRow restriction(Lcd lcd, String other) {
        Restriction row = lcd.row(LcdSection.RESTRICTIONS, other).orElse(new Restriction(other, false, false));
        return new RestrictionRow(other, row.noResourceFailover(), row.noSystemFailover());
    }

    private static void print(Invocation invocation, ServerDocument document) {
        Style style = new Style(invocation.context().terminal());
        var out = invocation.out();
        out.println("  server             " + document.name());
        out.println("  state              " + style.state(document.state(), document.state()));
        out.println("  permission         " + document.permission());
        out.println("  shutdown strategy  " + document.shutdownStrategy());
        out.println();
        Table restrictions = new Table(style, "  ", List.of("SERVER", "RESOURCE FAILOVER", "SYSTEM FAILOVER"));
        document.restrictions()
                .forEach(row -> restrictions.row(List.of(
                        row.server(),
                        row.noResourceFailover() ? "disabled" : "enabled",
                        row.noSystemFailover() ? "disabled" : "enabled")));
        restrictions.print(out);
        out.println();
        Table paths = new Table(style, "  ", List.of("COMM PATHS TO", "SUMMARY", "ALIVE", "DEFINED"));
        for (PathSummaryRow row : document.paths()) {
            paths.row(List.of(
                    row.server(), row.summary(), Integer.toString(row.alive()), Integer.toString(row.defined())));
        }
        paths.print(out);
        out.println();
        out.println(
                "  flags              " + (document.flags().isEmpty() ? "none" : String.join(", ", document.flags())));
    }
}
