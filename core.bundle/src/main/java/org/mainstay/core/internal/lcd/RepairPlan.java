package org.mainstay.core.internal.lcd;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Origin;

/**
 * What a damaged store becomes: the newest known version of this server's database and, where they join on without a gap, the
 * commits after the damage. Peers' copies stay as they were last known; the peers send newer ones.
 *
 * @param own this server's database
 * @param state the state to which it is added
 */
record RepairPlan(Lcd own, StoreState state) {

    static RepairPlan of(
            StoreState state, Lcd lastGood, List<JournalBody> later, Collection<Lcd> copies, LcdCodec codec)
            throws LcdStoreException {
        Lcd best = lastGood;
        for (Lcd copy : copies) {
            if (!copy.server().equals(lastGood.server())) {
                throw new IllegalArgumentException(
                        "a copy of " + copy.server() + "'s database cannot repair that of " + lastGood.server());
            }
            best = copy.newerThan(best) ? copy : best;
        }
        boolean joined = false;
        Lcd own = best;
        for (DocumentChange change : ownChanges(own.server(), later)) {
            if (change.kind() == DocumentChange.Kind.REPLACE) {
                own = StoreState.EMPTY.apply(1, body(change), codec).documents().get(own.server());
                joined = true;
            } else if (change.incarnation() == own.incarnation() && change.fromVersion() <= own.version()) {
                joined = true;
                if (change.fromVersion() == own.version()) {
                    StoreState one = new StoreState(0, Map.of(own.server(), own), List.of(), state.unknown());
                    own = one.apply(1, body(change), codec).documents().get(own.server());
                }
            }
        }
        boolean complete = joined && own.version() >= highestSeen(own, later);
        return new RepairPlan(complete ? own : newIncarnation(own, lastGood), state);
    }

    private static JournalBody body(DocumentChange change) {
        return JournalBody.of(List.of(change), new Origin(Origin.SELF, "", 0, ""));
    }

    private static List<DocumentChange> ownChanges(String server, List<JournalBody> later) {
        List<DocumentChange> changes = new ArrayList<>();
        for (JournalBody body : later) {
            body.documents().stream()
                    .filter(change -> change.server().equals(server))
                    .forEach(changes::add);
        }
        return changes;
    }

    /** Returns the highest version of the database, in its incarnation, that later commits prove. */
    static long highestSeen(Lcd own, List<JournalBody> later) {
        return ownChanges(own.server(), later).stream()
                .filter(change -> change.incarnation() == own.incarnation())
                .mapToLong(DocumentChange::toVersion)
                .reduce(own.version(), Math::max);
    }

    private static Lcd newIncarnation(Lcd own, Lcd lastGood) {
        Map<LcdSection<?>, Map<String, ?>> rows = new HashMap<>();
        for (LcdSection<?> section : own.sections()) {
            rows.put(section, own.rows(section));
        }
        long incarnation = Math.max(own.incarnation(), lastGood.incarnation()) + 1;
        return Lcd.of(own.server(), incarnation, own.version() + 1, own.bootId(), rows);
    }
}
