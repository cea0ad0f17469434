package org.mainstay.guard.witness;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.mainstay.guard.lease.Witness;

/**
 * What storage mode needs to know (QUO-014 to QUO-018), checked.
 *
 * @param type kind of storage
 * @param intervalMillis between two writes, and two checks (QUO-015)
 * @param checks without change after which a server is judged failed (QUO-016)
 * @param objects locations by server, one or two (QUO-017, QUO-022)
 * @param parameters of the object storage
 */
record StorageSettings(
        Type type, long intervalMillis, int checks, Map<String, List<String>> objects, Map<String, String> parameters) {

    /** Kind of storage. */
    enum Type {
        FILE,
        AWS_S3
    }

    /** Time a write may take beside the interval, so that the lease does not end between two. */
    static final long WRITE_MILLIS = 2000;

    private static final int LOCATION_LIMIT = 256;
    private static final String OBJECT = "QWK_STORAGE_OBJECT_";

    StorageSettings {
        objects = new TreeMap<>(objects);
        parameters = new TreeMap<>(parameters);
    }

    /** @throws IllegalArgumentException with what is wrong, what is allowed */
    static StorageSettings parse(Witness.Settings all) {
        Map<String, String> parameters = all.parameters();
        String type = parameters.getOrDefault("QWK_STORAGE_TYPE", "");
        if (!type.equals("file") && !type.equals("aws_s3")) {
            throw new IllegalArgumentException(
                    "QWK_STORAGE_TYPE must be file or aws_s3 in quorum mode storage, not '" + type + "'");
        }
        StorageSettings settings = new StorageSettings(
                type.equals("file") ? Type.FILE : Type.AWS_S3,
                number(parameters, "QWK_STORAGE_HBEATTIME", 6, 5, 10) * 1000L,
                number(parameters, "QWK_STORAGE_NUMHBEATS", 4, 3, 1000),
                objects(all, type.equals("file")),
                parameters);
        settings.checkTimes(all);
        return settings;
    }

    /** Refuses what would end the lease between two writes, or take over before the peer's lease is over. */
    void checkTimes(Witness.Settings all) {
        if (all.leaseMillis() < intervalMillis + WRITE_MILLIS) {
            throw new IllegalArgumentException("QUORUM_LEASE_SECS is " + all.leaseMillis()
                    + " ms; in quorum mode storage it must be at least QWK_STORAGE_HBEATTIME and " + WRITE_MILLIS
                    + " ms for the write: " + (intervalMillis + WRITE_MILLIS) + " ms");
        }
        if (intervalMillis * checks < all.observeMillis()) {
            throw new IllegalArgumentException("QWK_STORAGE_HBEATTIME x QWK_STORAGE_NUMHBEATS is "
                    + intervalMillis * checks + " ms; it must be at least QUORUM_LEASE_SECS + QUORUM_LOSS_STOP_SECS"
                    + " and one percent: " + all.observeMillis() + " ms");
        }
    }

    private static int number(Map<String, String> parameters, String name, int standard, int least, int most) {
        String text = parameters.getOrDefault(name, "").trim();
        if (text.isEmpty()) {
            return standard;
        }
        try {
            int value = Integer.parseInt(text);
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(outside(name, text, least, most), e);
        }
        throw new IllegalArgumentException(outside(name, text, least, most));
    }

    private static String outside(String name, String text, int least, int most) {
        return name + " must be a number from " + least + " to " + most + ", not '" + text + "'";
    }

    /** Returns the parameter that names the server's object (QUO-020). */
    static String key(String server) {
        return OBJECT + server.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    private static Map<String, List<String>> objects(Witness.Settings all, boolean files) {
        Map<String, List<String>> objects = new TreeMap<>();
        Map<String, String> owners = new HashMap<>();
        Map<String, String> places = new HashMap<>();
        for (String server : new TreeSet<>(all.members())) {
            String key = key(server);
            String other = owners.put(key, server);
            if (other != null) {
                // QUO-023
                throw new IllegalArgumentException("the servers " + other + " and " + server + " would both use " + key
                        + "; names that differ only in '-', '_' or case cannot use storage mode");
            }
            List<String> locations =
                    locations(key, all.parameters().getOrDefault(key, "").trim(), files);
            for (String location : locations) {
                String user = places.put(location, server);
                if (user != null) {
                    // QUO-080
                    throw new IllegalArgumentException("the object " + location + " is named twice (" + user + ", "
                            + server + "); every server needs its own");
                }
            }
            objects.put(server, locations);
        }
        return objects;
    }

    private static List<String> locations(String key, String value, boolean files) {
        if (value.isEmpty()) {
            throw new IllegalArgumentException(key + " is not set; every server needs an entry");
        }
        if (value.length() > LOCATION_LIMIT) {
            throw new IllegalArgumentException(key + " is longer than " + LOCATION_LIMIT + " characters");
        }
        if (files) {
            if (!value.startsWith("/")) {
                throw new IllegalArgumentException(
                        key + " must be the absolute path of a file in a shared folder, not '" + value + "'");
            }
            return List.of(value);
        }
        List<String> uris = new ArrayList<>(List.of(value.split(",", -1)));
        if (uris.size() > 2
                || !uris.stream().allMatch(uri -> uri.matches("s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+"))) {
            throw new IllegalArgumentException(
                    key + " must be one or two S3 URIs as s3://bucket/key, separated by a comma"
                            + " without spaces, not '" + value + "'");
        }
        return List.copyOf(uris);
    }

    /** Returns what must be equal on all servers, as one number. */
    long digest() {
        return SignOfLife.idOf(type + " " + intervalMillis + " " + checks + " " + objects)
                .getMostSignificantBits();
    }

    /** Returns what keeps this cluster's objects apart from those of others. */
    UUID cluster() {
        return SignOfLife.idOf(
                "cluster " + parameters.getOrDefault("QUORUM_WITNESS_CLUSTER", String.join(" ", objects.keySet())));
    }
}
