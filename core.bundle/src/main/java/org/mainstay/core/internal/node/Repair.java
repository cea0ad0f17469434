package org.mainstay.core.internal.node;

import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import org.mainstay.cluster.lcd.Lcd;

/** A database with damage that its own second copy could not put right: nothing is decided here before it is repaired (I3). */
public interface Repair {

    /** Returns what happened and what to do, for people. */
    String sentence();

    /** Returns whether a peer's copy of this server's database surely holds everything that was ever acknowledged. */
    boolean covers(Lcd copy);

    /** Repairs from the copies and returns this server's database. @throws IOException if that cannot be written: try again */
    Lcd repair(Collection<Lcd> copies) throws IOException;

    /** Returns the copies of the peers' databases, after the repair. */
    Map<String, Lcd> peers();
}
