package org.mainstay.shell.internal.view;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.mainstay.shell.internal.view.Rows.PathRow;
import org.mainstay.shell.internal.view.Rows.ResourceRow;
import org.mainstay.shell.internal.view.Rows.ServerRow;

/** What is wrong with servers, comm paths and resources, and what to do about it: one sentence each, for people and programs alike. */
record Problems(String self, List<ServerRow> servers, List<PathRow> paths, List<ResourceRow> resources) {
    private static final String ALIVE = "ALIVE";
    private static final String DEAD = "DEAD";

    List<String> sentences() {
        List<String> sentences = new ArrayList<>();
        servers.forEach(row -> server(row, sentences));
        paths(sentences);
        resources.forEach(row -> resource(row, sentences));
        return sentences;
    }

    private void server(ServerRow row, List<String> sentences) {
        String name = row.name();
        if (name.equals(self)) {
            return;
        }
        boolean defined = paths.stream()
                .anyMatch(path -> path.from().equals(self) && path.to().equals(name));
        if (DEAD.equals(row.state())) {
            sentences.add(
                    "server " + name + " is dead: no comm path to it is alive; look at the machine and its networks");
        } else if (Boolean.FALSE.equals(row.manager())) {
            sentences.add("only the guard of " + name + " answers: what runs there goes on unmonitored; its manager is "
                    + "restarted by itself, after 'lkstop -f' there only by 'lkstart'");
        } else if (!defined && row.address() != null) {
            sentences.add("there is no comm path to " + name + ": mainstay commpath create --to " + name);
        } else if (!ALIVE.equals(row.state()) && row.address() != null) {
            sentences.add("server " + name
                    + " has not been heard since this one started; look at the machine and its networks");
        }
    }

    /** A path has two ends and is told of once; those of a dead server say nothing besides. */
    private void paths(List<String> sentences) {
        Map<String, String> states = servers.stream().collect(Collectors.toMap(ServerRow::name, ServerRow::state));
        Set<Set<String>> told = new HashSet<>();
        for (PathRow path : paths) {
            if (DEAD.equals(path.state())
                    && ALIVE.equals(states.get(path.from()))
                    && ALIVE.equals(states.get(path.to()))
                    && told.add(new TreeSet<>(
                            List.of(path.from() + ' ' + path.local(), path.to() + ' ' + path.remote())))) {
                sentences.add("the comm path between " + path.from() + " (" + path.local() + ") and " + path.to() + " ("
                        + path.remote() + ") is dead: repair that network");
            }
        }
    }

    private static void resource(ResourceRow row, List<String> sentences) {
        String where = row.tag() + " on " + row.server();
        boolean unreleased = unreleased(row);
        String repair = unreleased ? "" : "; repair it, then: mainstay resource in-service " + row.tag();
        if ("OSF".equals(row.state())) {
            sentences.add(where + " failed: " + row.reason() + repair);
        } else if ("ILLSTATE".equals(row.state())) {
            sentences.add(where + ": " + row.reason() + "; look there, then bring it in or out of service");
        } else if (row.failed()) {
            sentences.add(where + " failed and no server may take it over: " + row.reason() + repair);
        }
        if (unreleased) {
            sentences.add(row.tag() + " may still run on " + row.server()
                    + " and is started nowhere else: take it out of "
                    + "service again; or look there, and if it certainly does not run: mainstay resource confirm-stopped "
                    + row.tag() + " --on " + row.server());
        }
    }

    /** A start or stop that is under way is not settled either, and needs nobody. */
    static boolean unreleased(ResourceRow row) {
        return !row.released() && row.transition() == null && ("OSF".equals(row.state()) || "OSU".equals(row.state()));
    }
}
