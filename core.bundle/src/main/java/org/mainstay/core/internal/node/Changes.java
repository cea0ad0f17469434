package org.mainstay.core.internal.node;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.decision.state.PeerView;
import org.mainstay.core.internal.lcd.DocumentChange;

/** What must be stored between two states. */
final class Changes {
    private Changes() {}

    /**
     * Returns the state to go on with: a changed own database gets its next version, which is the one the decision has
     * announced to the peers.
     */
    static CoreState versioned(CoreState before, CoreState after) {
        return ownChanged(before.own(), after.own())
                ? after.withOwn(after.own().committed())
                : after.withOwn(before.own());
    }

    @SuppressWarnings("ReferenceEquality") // the usual case, and comparing all rows for each event would be slow
    private static boolean ownChanged(Lcd before, Lcd after) {
        if (before == after) {
            return false;
        }
        return before.incarnation() != after.incarnation()
                || !before.bootId().equals(after.bootId())
                || !after.changesSince(before).isEmpty();
    }

    /** Returns the changes of all databases from one state that is stored to another, already versioned one. */
    static List<DocumentChange> between(CoreState before, CoreState after) {
        List<DocumentChange> changes = new ArrayList<>();
        if (differs(before.own(), after.own())) {
            changes.add(DocumentChange.between(before.own(), after.own()));
        }
        for (Map.Entry<String, PeerView> entry : after.peers().entrySet()) {
            PeerView old = before.peers().get(entry.getKey());
            Lcd now = entry.getValue().lcd();
            if (old == null) {
                if (stored(now)) {
                    changes.add(DocumentChange.replace(now));
                }
            } else if (differs(old.lcd(), now) && stored(now)) {
                changes.add(stored(old.lcd()) ? DocumentChange.between(old.lcd(), now) : DocumentChange.replace(now));
            }
        }
        for (Map.Entry<String, PeerView> entry : before.peers().entrySet()) {
            if (!after.peers().containsKey(entry.getKey())
                    && stored(entry.getValue().lcd())) {
                changes.add(DocumentChange.forget(entry.getKey()));
            }
        }
        return changes;
    }

    private static boolean differs(Lcd before, Lcd after) {
        return before.incarnation() != after.incarnation() || before.version() != after.version();
    }

    /** A peer nothing was received of yet has a place in the state and none on disk. */
    private static boolean stored(Lcd copy) {
        return copy.incarnation() != 0 || copy.version() != 0;
    }
}
