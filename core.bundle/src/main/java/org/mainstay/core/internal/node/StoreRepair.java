package org.mainstay.core.internal.node;

import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.core.internal.lcd.Damage;
import org.mainstay.core.internal.lcd.LcdStore;

/** The repair of a store. */
final class StoreRepair implements Repair {
    private final LcdStore store;
    private final Damage damage;

    private StoreRepair(LcdStore store, Damage damage) {
        this.store = store;
        this.damage = damage;
    }

    /** Returns the repair a store needs, empty if it is whole. */
    static Optional<Repair> of(LcdStore store) {
        return store.damage().map(damage -> new StoreRepair(store, damage));
    }

    @Override
    public String sentence() {
        return damage.sentence();
    }

    @Override
    public boolean covers(Lcd copy) {
        long incarnation = damage.lastGood().incarnation();
        return copy.incarnation() > incarnation
                || copy.incarnation() == incarnation && copy.version() >= damage.highestSeen();
    }

    @Override
    public Lcd repair(Collection<Lcd> copies) throws IOException {
        return store.repairFrom(copies, new Origin(Origin.SELF, store.server() + " repair", 0, ""));
    }

    @Override
    public Map<String, Lcd> peers() {
        return store.peers();
    }
}
