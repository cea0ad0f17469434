package org.mainstay.core.internal.lcd;

import java.util.List;
import java.util.stream.Collectors;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.Operation;
import org.mainstay.cluster.lcd.Origin;

/**
 * Who changed what: kept with the database for the last {@value #KEPT} commits (design.md section 4, audit).
 *
 * @param sequence number of the commit in this store
 * @param origin who, from where, when, operation id
 * @param documents what changed
 */
public record HistoryEntry(long sequence, Origin origin, List<Touched> documents) {
    /** How many entries survive compaction. */
    public static final int KEPT = 256;

    private static final int ROWS = 20;

    /**
     * A changed document.
     *
     * @param server whose database
     * @param kind what was done
     * @param incarnation incarnation afterwards
     * @param version version afterwards
     * @param rows {@code section/key} of changed rows, with {@code -} before removed ones; at most the first 20. Rows of
     *     operations say in parentheses how far the operation is and, after a blank, what it does
     */
    public record Touched(String server, DocumentChange.Kind kind, long incarnation, long version, List<String> rows) {
        public Touched {
            rows = List.copyOf(rows);
        }
    }

    public HistoryEntry {
        documents = List.copyOf(documents);
    }

    static HistoryEntry of(long sequence, Origin origin, List<DocumentChange> changes) {
        return new HistoryEntry(
                sequence, origin, changes.stream().map(HistoryEntry::touched).toList());
    }

    private static Touched touched(DocumentChange change) {
        List<String> rows = change.kind() == DocumentChange.Kind.UPDATE
                ? change.changes().stream().limit(ROWS).map(HistoryEntry::name).collect(Collectors.toList())
                : List.of();
        return new Touched(change.server(), change.kind(), change.incarnation(), change.toVersion(), rows);
    }

    private static String name(LcdChange<?> change) {
        String row = (change.value() == null ? "-" : "") + change.section().name() + "/" + change.key();
        return change.value() instanceof Operation operation
                ? row + " (" + operation.state() + " " + operation.description() + ")"
                : row;
    }
}
