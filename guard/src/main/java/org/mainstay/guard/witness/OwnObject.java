package org.mainstay.guard.witness;

import java.io.IOException;
import java.util.UUID;

/**
 * What this server writes into its QWK object, and whether what is there is its own. Pure but for the time that people read. Not
 * thread-safe.
 */
final class OwnObject {
    private final UUID cluster;
    private final UUID initialised;
    private final String self;
    private final long settings;
    private final int leaseMillis;
    private final int stopMillis;
    private final long incarnation;

    private long generation;
    private long sequence;

    OwnObject(
            UUID initialised,
            String self,
            StorageSettings settings,
            int leaseMillis,
            int stopMillis,
            long incarnation) {
        this.cluster = settings.cluster();
        this.initialised = initialised;
        this.self = self;
        this.settings = settings.digest();
        this.leaseMillis = leaseMillis;
        this.stopMillis = stopMillis;
        this.incarnation = incarnation;
    }

    /**
     * Looks at what is in the own object before it is replaced.
     *
     * @return whether it is whole; a torn page of this server is written anew
     * @throws IOException if it is not this server's, or of another initialisation: nothing may be written, nothing is confirmed
     */
    boolean found(String location, byte[] bytes) throws IOException {
        SignOfLife object;
        try {
            object = SignOfLife.decode(bytes);
        } catch (SignOfLife.DamagedException e) {
            if (SignOfLife.tornOf(bytes, cluster, initialised)) {
                return false;
            }
            throw new Problem.Found(
                    e.number(),
                    location + " is not this server's QWK object: " + e.getMessage()
                            + "; run qwk_storage_exit and qwk_storage_init",
                    e);
        }
        if (!object.cluster().equals(cluster) || !object.server().equals(self)) {
            boolean ours = object.cluster().equals(cluster);
            throw new Problem.Found(
                    ours ? Problem.OTHER_SERVER : Problem.OTHER_SIGNATURE,
                    location + " is written by " + object.server() + (ours ? "" : " of another cluster")
                            + "; give every server its own object, then qwk_storage_exit and qwk_storage_init",
                    null);
        }
        if (!object.initialised().equals(initialised)) {
            throw new Problem.Found(
                    Problem.OTHER_SIGNATURE,
                    location + " is of another initialisation (is the right file system mounted?);"
                            + " run qwk_storage_exit and qwk_storage_init",
                    null);
        }
        if (object.incarnation() != incarnation) {
            generation = Math.max(generation, object.generation() + 1);
        }
        return true;
    }

    /** Returns what to write next. @param wallMillis for people */
    SignOfLife next(SignOfLife.State state, long wallMillis) {
        if (generation == 0) {
            generation = Math.max(1, wallMillis / 1000);
        }
        return new SignOfLife(
                cluster,
                initialised,
                self,
                state,
                incarnation,
                generation,
                ++sequence,
                wallMillis,
                leaseMillis,
                stopMillis,
                settings);
    }
}
