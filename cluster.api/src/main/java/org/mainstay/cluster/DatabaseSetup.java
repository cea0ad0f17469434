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

    /**
     * Replaces texts everywhere in the database and in the copies of the peers' databases: all or nothing, in one commit.
     *
     * @param dryRun change nothing, only say what would be changed
     * @return what was changed, one line each; empty if nothing matched
     * @throws IllegalArgumentException if the name of a member would be replaced; nothing was changed
     * @throws IOException if there is no database, it cannot be read, the result would be no valid database, or Mainstay runs
     *     here; nothing was changed
     */
    default java.util.List<String> rewrite(Path dataDirectory, TextChange change, boolean dryRun) throws IOException {
        throw new IOException("this release cannot rewrite its database");
    }

    /** What becomes of a text. */
    @FunctionalInterface
    interface TextChange {
        /** @param field name of the field: {@code tag} for every tag, {@code id} for the internal id of a resource */
        String change(String field, String text);
    }
}
