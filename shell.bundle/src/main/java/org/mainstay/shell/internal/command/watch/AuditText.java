package org.mainstay.shell.internal.command.watch;

import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mainstay.cluster.EventLog;
import org.mainstay.shell.internal.view.Rows.ChangeRow;

/** Changes of the database for people: who changed what, without the records that only serve the change itself. */
final class AuditText {
    private static final DateTimeFormatter LOCAL_TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneId.systemDefault());

    /** A record of an operation that is carried out, with what it does. */
    private static final Pattern COMMITTED = Pattern.compile("operations/\\S+ \\(COMMITTED (.*)\\)");
    /** Records that Mainstay keeps for itself while it works. */
    private static final Pattern BOOKKEEPING = Pattern.compile("-?(operations|actions|handovers|promises)/.*");

    private AuditText() {}

    static ChangeRow row(EventLog.Change change) {
        return new ChangeRow(
                change.sequence(),
                change.at().toString(),
                change.who(),
                change.from(),
                change.operation(),
                change.server(),
                change.rows().stream().map(row -> row.replace('\t', ' ')).toList());
    }

    /** Returns the line of a change; empty if only bookkeeping changed. @param verbose bookkeeping too */
    static Optional<String> line(EventLog.Change change, boolean verbose) {
        List<String> rows = change.rows().stream()
                .filter(row -> verbose || !BOOKKEEPING.matcher(row).matches())
                .toList();
        if (rows.isEmpty() && !change.rows().isEmpty()) {
            return Optional.empty();
        }
        String what = rows.isEmpty() ? "(all)" : String.join(", ", rows).replace('\t', ' ');
        return Optional.of(LOCAL_TIME.format(change.at()) + "  " + change.who() + "  " + change.from() + "  "
                + (verbose ? "" : description(change)) + what);
    }

    private static String description(EventLog.Change change) {
        for (String row : change.rows()) {
            Matcher matcher = COMMITTED.matcher(row);
            if (matcher.matches()) {
                return matcher.group(1).replace('\t', ' ') + ": ";
            }
        }
        return "";
    }
}
