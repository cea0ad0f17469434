package org.mainstay.cluster;

import java.io.IOException;
import java.nio.file.Path;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.Membership;
import org.osgi.annotation.versioning.ConsumerType;

/** The database while Mainstay is stopped here. Implemented by core, found by {@link java.util.ServiceLoader}. */
@ConsumerType
public interface DatabaseSetup {

    /**
     * Creates the database of a new server.
     *
     * @throws IOException if there is one already, Mainstay runs here, or files cannot be written; nothing is left behind
     */
    void create(Path dataDirectory, String server, Membership membership) throws IOException;

    /** Reads the database. @throws IOException if there is none, it cannot be repaired, or Mainstay runs here */
    Lcd read(Path dataDirectory) throws IOException;
}
