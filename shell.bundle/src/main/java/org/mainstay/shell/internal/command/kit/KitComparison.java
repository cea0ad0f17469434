package org.mainstay.shell.internal.command.kit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.kit.KitManager;
import org.mainstay.shell.internal.kit.KitState;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.view.Json;
import org.mainstay.shell.internal.view.Style;
import org.mainstay.shell.internal.view.Table;

/** {@code mainstay kit list --all-servers}: what is installed where, and whether the servers agree. */
public final class KitComparison {

    /**
     * A kit.
     *
     * @param versions by server; {@code -} where it is missing
     * @param agree whether all servers have the same version, and it works on all
     * @param problems by server: why it does not work there
     */
    public record Row(
            String name,
            String bundle,
            List<String> types,
            Map<String, String> versions,
            boolean agree,
            Map<String, String> problems) {}

    private final List<String> servers;
    private final List<String> others;
    private final List<Row> rows;
    private final List<String> unheard;

    private KitComparison(List<String> servers, List<Row> rows, List<String> unheard, List<String> others) {
        this.servers = servers;
        this.others = others;
        this.rows = rows;
        this.unheard = unheard;
    }

    /** Asks all servers. */
    public static KitComparison of(Invocation invocation) throws CommandException, InterruptedException {
        KitManager kits = invocation.platform().kitManager();
        ClusterSnapshot snapshot = invocation.snapshot();
        Map<String, List<KitState>> found = new LinkedHashMap<>();
        List<String> unheard = new ArrayList<>();
        for (String server : snapshot.servers()) {
            try {
                found.put(server, kits.list(server));
            } catch (CommandException e) {
                unheard.add(e.getMessage());
            }
        }
        List<Row> rows = rows(found);
        List<String> others = invocation.platform().administration().kits().stream()
                .filter(kit ->
                        rows.stream().noneMatch(row -> row.types().contains(kit.application() + "/" + kit.type())))
                .map(Administration.Kit::type)
                .sorted()
                .toList();
        return new KitComparison(List.copyOf(found.keySet()), rows, unheard, others);
    }

    private static List<Row> rows(Map<String, List<KitState>> found) {
        TreeMap<String, KitState> byBundle = new TreeMap<>();
        found.values().forEach(list -> list.forEach(kit -> byBundle.put(kit.bundle(), kit)));
        List<Row> rows = new ArrayList<>();
        byBundle.values().forEach(kit -> rows.add(row(kit, found)));
        rows.sort(java.util.Comparator.comparing(Row::name));
        return rows;
    }

    private static Row row(KitState kit, Map<String, List<KitState>> found) {
        Map<String, String> versions = new LinkedHashMap<>();
        Map<String, String> problems = new LinkedHashMap<>();
        TreeSet<String> types = new TreeSet<>();
        found.forEach((server, list) -> {
            KitState here = Rollout.find(list, kit.bundle()).orElse(null);
            versions.put(server, here == null ? "-" : here.version());
            if (here != null) {
                types.addAll(here.types());
            }
            if (here != null && !here.usable()) {
                problems.put(server, here.problem());
            }
        });
        boolean agree = problems.isEmpty() && new TreeSet<>(versions.values()).size() == 1;
        return new Row(kit.name(), kit.bundle(), List.copyOf(types), versions, agree, problems);
    }

    /** @return 0 if all servers answered and agree, else 9 or 1 */
    public int print(Invocation invocation, boolean json) {
        if (json) {
            invocation.out().println(Json.list("kits", rows));
        } else {
            List<String> headings = new ArrayList<>(List.of("KIT", "TYPES"));
            headings.addAll(servers);
            Table table = new Table(new Style(invocation.context().terminal()), "", headings);
            for (Row row : rows) {
                List<String> cells = new ArrayList<>(List.of(row.name(), String.join(" ", row.types())));
                cells.addAll(row.versions().values());
                table.row(cells);
            }
            table.print(invocation.out());
            if (!others.isEmpty()) {
                invocation
                        .out()
                        .println("part of Mainstay, or directories of scripts, and not compared: "
                                + String.join(", ", others));
            }
        }
        rows.forEach(row -> row.problems()
                .forEach((server, problem) -> invocation.err().println(row.name() + " on " + server + ": " + problem)));
        unheard.forEach(invocation.err()::println);
        if (!unheard.isEmpty()) {
            return ExitCode.NO_COMMUNICATION;
        }
        List<String> differing =
                rows.stream().filter(row -> !row.agree()).map(Row::name).toList();
        if (!differing.isEmpty()) {
            invocation
                    .err()
                    .println(invocation.name() + ": the servers do not agree about " + String.join(", ", differing)
                            + "; 'mainstay kit upgrade' or 'install' with --all-servers mends that");
            return ExitCode.SYSTEM_ERROR;
        }
        return ExitCode.SUCCESS;
    }
}
