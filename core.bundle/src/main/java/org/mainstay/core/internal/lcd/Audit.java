package org.mainstay.core.internal.lcd;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.mainstay.cluster.EventLog;

/** The database's history as administrators see it: changes of this server's own database (design.md section 4, audit). */
public final class Audit {
    private Audit() {}

    /** Returns the newest changes, oldest first; what only followed a peer's database is left out. */
    public static List<EventLog.Change> newest(List<HistoryEntry> history, int most) {
        List<EventLog.Change> changes = new ArrayList<>();
        for (HistoryEntry entry : history) {
            for (HistoryEntry.Touched touched : entry.documents()) {
                boolean copy =
                        entry.documents().size() == 1 && !entry.origin().from().startsWith(touched.server() + " ");
                if (copy && entry.origin().who().equals(org.mainstay.cluster.lcd.Origin.SELF)) {
                    continue;
                }
                changes.add(new EventLog.Change(
                        entry.sequence(),
                        Instant.ofEpochMilli(entry.origin().at()),
                        entry.origin().who(),
                        entry.origin().from(),
                        entry.origin().operation(),
                        touched.server(),
                        touched.rows()));
            }
        }
        return List.copyOf(changes.subList(Math.max(0, changes.size() - Math.max(0, most)), changes.size()));
    }
}
