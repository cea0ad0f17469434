package org.mainstay.core.internal.lcd;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;

/**
 * Everything the store holds at one moment. Immutable.
 *
 * @param sequence number of the last record
 * @param documents databases by server
 * @param history the last commits, oldest first
 * @param unknown members of the snapshot file that this release does not know
 */
record StoreState(long sequence, Map<String, Lcd> documents, List<HistoryEntry> history, JsonObject unknown) {
    static final StoreState EMPTY = new StoreState(0, Map.of(), List.of(), new JsonObject());

    StoreState {
        documents = Map.copyOf(documents);
    }

    StoreState at(long newSequence) {
        return new StoreState(newSequence, documents, history, unknown);
    }

    /**
     * Returns the state after a commit.
     *
     * @throws LcdStoreException CONFLICT if a change does not fit the document it is for
     */
    StoreState apply(long newSequence, JournalBody body, LcdCodec codec) throws LcdStoreException {
        Map<String, Lcd> next = new TreeMap<>(documents);
        for (DocumentChange change : body.documents()) {
            Lcd before = next.get(change.server());
            switch (change.kind()) {
                case UPDATE -> next.put(change.server(), update(before, change, codec));
                case REPLACE -> next.put(change.server(), replace(before, change, codec));
                case FORGET -> next.remove(change.server());
            }
        }
        return new StoreState(newSequence, next, remember(newSequence, body), unknown);
    }

    private List<HistoryEntry> remember(long newSequence, JournalBody body) {
        List<HistoryEntry> entries = new ArrayList<>(history.size() + 1);
        entries.addAll(history.size() < HistoryEntry.KEPT ? history : history.subList(1, history.size()));
        entries.add(HistoryEntry.of(newSequence, body.origin(), body.documents()));
        return List.copyOf(entries);
    }

    private static Lcd update(Lcd before, DocumentChange change, LcdCodec codec) throws LcdStoreException {
        if (before == null
                || before.incarnation() != change.incarnation()
                || before.version() != change.fromVersion()) {
            throw new LcdStoreException(
                    LcdStoreException.Kind.CONFLICT,
                    "the change is for version " + change.incarnation() + "." + change.fromVersion() + " of "
                            + change.server() + "'s database, but the store has "
                            + (before == null ? "none" : before.incarnation() + "." + before.version())
                            + "; ask " + change.server() + " for its whole database");
        }
        change.changes().forEach(row -> inherit(before, row, codec));
        Lcd after =
                before.apply(change.changes()).withVersion(change.toVersion()).withBootId(change.bootId());
        codec.inherit(before, after);
        return after;
    }

    private static Lcd replace(Lcd before, DocumentChange change, LcdCodec codec) {
        Map<LcdSection<?>, Map<String, Object>> tables = new HashMap<>();
        for (LcdChange<?> row : change.changes()) {
            if (before != null) {
                inherit(before, row, codec);
            }
            Map<String, Object> table = tables.computeIfAbsent(row.section(), section -> new TreeMap<>());
            if (row.value() == null) {
                table.remove(row.key());
            } else {
                table.put(row.key(), row.value());
            }
        }
        Lcd after = Lcd.of(change.server(), change.incarnation(), change.toVersion(), change.bootId(), tables);
        codec.inherit(before, after);
        return after;
    }

    private static void inherit(Lcd before, LcdChange<?> row, LcdCodec codec) {
        codec.inherit(before.rows(row.section()).get(row.key()), row.value());
    }
}
