package org.mainstay.core.internal.node;

import java.io.IOException;
import java.util.List;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.core.internal.lcd.DocumentChange;

/** Where the loop stores databases. Used by the loop's thread only. */
@FunctionalInterface
public interface Database {

    /**
     * Stores changes of this server's database and of copies, all or none; returns when they are durable.
     *
     * @throws IOException if nothing was stored; the message is for the operator
     */
    void commit(List<DocumentChange> changes, Origin origin) throws IOException;
}
