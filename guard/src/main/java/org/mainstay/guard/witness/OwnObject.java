package org.mainstay.guard.witness;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.mainstay.guard.lease.Witness.ClaimEntry;

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

    private final Map<Long, ClaimEntry> claims = new TreeMap<>();
    private final Map<Long, Long> touched = new TreeMap<>();
    private long generation;
    private long sequence;
    private long version;

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
     * @throws IOException if it is not this server's, or of another initialisation: nothing may be written, nothing is confirmed
     */
    void found(String location, byte[] bytes) throws IOException {
        SignOfLife object;
        try {
            object = SignOfLife.decode(bytes);
        } catch (SignOfLife.DamagedException e) {
            if (SignOfLife.tornOf(bytes, cluster, initialised)) {
                return;
            }
            throw new IOException(
                    location + " is not this server's QWK object: " + e.getMessage()
                            + "; run qwk_storage_exit and qwk_storage_init",
                    e);
        }
        if (!object.cluster().equals(cluster) || !object.server().equals(self)) {
            throw new IOException(location + " is written by " + object.server()
                    + (object.cluster().equals(cluster) ? "" : " of another cluster")
                    + "; give every server its own object, then qwk_storage_exit and qwk_storage_init");
        }
        if (!object.initialised().equals(initialised)) {
            throw new IOException(location + " is of another initialisation (is the right file system mounted?);"
                    + " run qwk_storage_exit and qwk_storage_init");
        }
        if (object.incarnation() != incarnation) {
            adopt(object);
        }
    }

    /** What an earlier life of this guard had claimed stays claimed, unless this life has already said otherwise. */
    private void adopt(SignOfLife object) {
        generation = Math.max(generation, object.generation() + 1);
        for (ClaimEntry claim : object.claims()) {
            ClaimEntry mine = claims.get(claim.group());
            if (!touched.containsKey(claim.group()) && (mine == null || mine.epoch() < claim.epoch())) {
                claims.put(claim.group(), claim);
            }
        }
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
                settings,
                java.util.List.copyOf(claims.values()));
    }

    /** Returns the number of the last change of the claims; what {@link #next} returns holds all up to it. */
    long version() {
        return version;
    }

    /** @return the number of this change @throws IllegalArgumentException if there is no room */
    long put(ClaimEntry entry) {
        if (!claims.containsKey(entry.group()) && claims.size() >= SignOfLife.MOST_CLAIMS) {
            throw new IllegalArgumentException("a QWK object has room for " + SignOfLife.MOST_CLAIMS
                    + " claims, and all are used; use quorum mode etcd or majority for more groups");
        }
        claims.put(entry.group(), entry);
        touched.put(entry.group(), ++version);
        return version;
    }

    /** @return the number of this change */
    long remove(long group) {
        claims.remove(group);
        touched.put(group, ++version);
        return version;
    }

    /** Returns the claim on the group, or null. */
    ClaimEntry claim(long group) {
        return claims.get(group);
    }

    /** Takes a change back that could not be confirmed, unless the group was changed again since. */
    void undo(long group, long change, ClaimEntry before) {
        if (touched.getOrDefault(group, 0L) == change) {
            if (before == null) {
                remove(group);
            } else {
                put(before);
            }
        }
    }
}
