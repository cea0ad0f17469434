package org.mainstay.shell.internal.view;

import java.util.ArrayList;
import java.util.List;
import org.mainstay.shell.internal.view.Rows.PathRow;
import org.mainstay.shell.internal.view.Rows.PathSummaryRow;

/** Summary of the comm paths to a server (ADM-034 to ADM-040). */
public final class PathSummary {
    private PathSummary() {}

    /** Returns a row for each other server, as the given one sees its paths. */
    public static List<PathSummaryRow> of(List<String> servers, List<PathRow> paths, String from) {
        List<PathSummaryRow> rows = new ArrayList<>();
        for (String server : servers) {
            if (!server.equals(from)) {
                List<PathRow> its = paths.stream()
                        .filter(path -> path.from().equals(from) && path.to().equals(server))
                        .toList();
                int alive = count(its, "ALIVE");
                String summary = summary(its.size(), alive, count(its, "UNKNOWN"));
                rows.add(new PathSummaryRow(server, summary, alive, its.size()));
            }
        }
        return rows;
    }

    private static int count(List<PathRow> paths, String state) {
        return (int) paths.stream().filter(path -> path.state().equals(state)).count();
    }

    /** In this order, so that each case has one name though the words of the manual overlap. */
    static String summary(int defined, int alive, int unknown) {
        if (defined == 0) {
            return "NONE DEFINED";
        }
        if (unknown > 0) {
            return "UNKNOWN";
        }
        if (alive == 0) {
            return "FAILED";
        }
        if (alive == 1) {
            return "WARNING";
        }
        return alive < defined ? "DEGRADED" : "NORMAL";
    }
}
