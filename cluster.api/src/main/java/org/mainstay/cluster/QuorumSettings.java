package org.mainstay.cluster;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The parameters of quorum, witness, safety check and watchdog as they are in effect: checked as a whole (QUO-010 to QUO-019,
 * QUO-038, QUO-039). Made by quorum.bundle only; all times in milliseconds.
 *
 * @param quorum how quorum is decided
 * @param witness who is asked about a peer that cannot be reached
 * @param quarantineMillis how long a server that lost quorum with something in service stays away ({@code QUORUM_QUARANTINE_SECS})
 * @param leaseMillis L: how long a grant of the right to run lasts ({@code QUORUM_LEASE_SECS})
 * @param lossStopMillis S: how long stopping may take after the lease ended ({@code QUORUM_LOSS_STOP_SECS})
 * @param storage shared storage; {@link Storage#NONE} unless quorum is STORAGE
 * @param etcd the external witness; {@link Etcd#NONE} unless quorum is ETCD
 * @param safety the safety check
 * @param watchdogDevice device the guard feeds, such as {@code /dev/watchdog}; empty: none
 * @param watchdogMillis after how long unfed it resets the machine
 * @param pauseToleranceMillis longest stop of a whole machine that is survived without fencing (invariant I1), at most S / 2 - 1 s
 * @param debug {@code QUORUM_DEBUG}
 */
public record QuorumSettings(
        Quorum quorum,
        Witness witness,
        long quarantineMillis,
        long leaseMillis,
        long lossStopMillis,
        Storage storage,
        Etcd etcd,
        Safety safety,
        String watchdogDevice,
        long watchdogMillis,
        long pauseToleranceMillis,
        boolean debug) {

    /** What holds where nothing is set. */
    public static final QuorumSettings DEFAULT = new QuorumSettings(
            Quorum.NONE,
            Witness.NONE,
            300_000,
            5_000,
            10_000,
            Storage.NONE,
            Etcd.NONE,
            Safety.DEFAULT,
            "",
            10_000,
            4_000,
            false);

    /** {@code QUORUM_MODE}. */
    public enum Quorum {
        NONE,
        MAJORITY,
        STORAGE,
        ETCD
    }

    /** {@code WITNESS_MODE}. */
    public enum Witness {
        NONE,
        REMOTE_VERIFY,
        STORAGE,
        ETCD
    }

    /** {@code QWK_STORAGE_TYPE}. */
    public enum StorageType {
        FILE,
        AWS_S3
    }

    /**
     * QWK objects.
     *
     * @param type null only in {@link #NONE}
     * @param beatMillis {@code QWK_STORAGE_HBEATTIME}
     * @param beats {@code QWK_STORAGE_NUMHBEATS}
     * @param objects by server, this one included: one file, or one or two URIs {@code s3://BUCKET/KEY}
     * @param environment what else the object store needs as far as it is set, under the tunables' names: {@code HTTP_PROXY}, {@code
     *     HTTPS_PROXY}, {@code NO_PROXY} (QUO-018), {@code QWK_STORAGE_S3_ENDPOINT}, {@code QWK_STORAGE_S3_REGION}, {@code
     *     QWK_STORAGE_CREDENTIALS_FILE}, {@code QUORUM_WITNESS_CLUSTER}
     */
    public record Storage(
            StorageType type,
            long beatMillis,
            int beats,
            Map<String, List<String>> objects,
            Map<String, String> environment) {
        public static final Storage NONE = new Storage(null, 6_000, 4, Map.of(), Map.of());

        public Storage {
            objects = Map.copyOf(objects);
            environment = Map.copyOf(environment);
        }
    }

    /**
     * An external witness.
     *
     * @param endpoints URLs, {@code http://HOST:PORT} or {@code https://...}
     * @param prefix key prefix
     * @param cluster {@code QUORUM_WITNESS_CLUSTER}: keeps clusters on one witness apart; empty: told by the members' names
     * @param user empty: no log-in
     * @param passwordFile file with the password, readable by its owner only; empty: none
     * @param caFile PEM file of the authority that signed the servers' certificates; empty: those of Java
     * @param certificateFile PEM file of the client's certificate; empty: none
     * @param keyFile PEM file of the client's key (PKCS 8); empty: none
     */
    public record Etcd(
            List<String> endpoints,
            String prefix,
            String cluster,
            String user,
            String passwordFile,
            String caFile,
            String certificateFile,
            String keyFile) {
        public static final Etcd NONE = new Etcd(List.of(), "", "", "", "", "", "", "");

        public Etcd {
            endpoints = List.copyOf(endpoints);
        }
    }

    /**
     * The safety check (COMM-050 to COMM-054) and the detection of being cut off.
     *
     * @param limitMillis {@code SAFETY_CHECK_SECS}: how long a peer must be unseen; 0 = the detection time of its slowest path, at least 2 s
     * @param alertMillis {@code SAFETY_CHECK_ALERT_SECS}: a peer seen for so long is told as an event
     * @param intervalMillis {@code SAFETY_CHECK_INTERVAL_SECS}: how often each address is asked
     * @param ports {@code SAFETY_CHECK_PORTS}: TCP ports that are tried besides ICMP
     * @param addresses {@code SAFETY_CHECK_ADDRESSES_HOST}: further addresses, by server
     * @param references {@code QUORUM_REFERENCE_ADDRESSES}: who else must answer unless this server is cut off
     */
    public record Safety(
            long limitMillis,
            long alertMillis,
            long intervalMillis,
            List<Integer> ports,
            Map<String, List<String>> addresses,
            List<String> references) {
        public static final Safety DEFAULT = new Safety(0, 60_000, 500, List.of(22), Map.of(), List.of());
        /** Shortest limit where neither quorum nor fencing stands behind the safety check. */
        public static final long SHORTEST_ALONE = 2_000;

        public Safety {
            ports = List.copyOf(ports);
            addresses = Map.copyOf(addresses);
            references = List.copyOf(references);
        }
    }

    /** Returns how long after a grant nobody else may be granted anything (design.md section 10), see {@link #lapse}. */
    public long lapseMillis() {
        return lapse(leaseMillis, lossStopMillis);
    }

    /** Returns L + S, 1 % for clocks that differ and 50 ms for the grain of times, all in milliseconds. */
    public static long lapse(long leaseMillis, long lossStopMillis) {
        return (leaseMillis + lossStopMillis) * 101 / 100 + 50;
    }

    /**
     * Returns what the witness needs to know, under the names and in the units of {@code etc/default/LifeKeeper}; {@code
     * QWK_STORAGE_OBJECT_HOST} with the host in capitals and {@code -} as {@code _} (QUO-020). Empty without one.
     */
    public Map<String, String> witnessParameters() {
        Map<String, String> values = new TreeMap<>();
        if (quorum == Quorum.STORAGE) {
            values.put("QWK_STORAGE_TYPE", storage.type().name().toLowerCase(Locale.ROOT));
            values.put("QWK_STORAGE_HBEATTIME", Long.toString(storage.beatMillis() / 1000));
            values.put("QWK_STORAGE_NUMHBEATS", Integer.toString(storage.beats()));
            storage.objects()
                    .forEach((server, places) ->
                            values.put("QWK_STORAGE_OBJECT_" + hostKey(server), String.join(",", places)));
            values.putAll(storage.environment());
        } else if (quorum == Quorum.ETCD) {
            values.put("QUORUM_ETCD_ENDPOINTS", String.join(",", etcd.endpoints()));
            values.put("QUORUM_ETCD_PREFIX", etcd.prefix());
            values.put("QUORUM_WITNESS_CLUSTER", etcd.cluster());
            values.put("QUORUM_ETCD_USER", etcd.user());
            values.put("QUORUM_ETCD_PASSWORD_FILE", etcd.passwordFile());
            values.put("QUORUM_ETCD_CA_FILE", etcd.caFile());
            values.put("QUORUM_ETCD_CERT_FILE", etcd.certificateFile());
            values.put("QUORUM_ETCD_KEY_FILE", etcd.keyFile());
            values.values().removeIf(String::isEmpty);
        }
        return values;
    }

    /** Returns a server's name as it stands in names of parameters (QUO-020). */
    public static String hostKey(String server) {
        return server.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    /** Returns whether there is a right to run that can lapse. */
    public boolean leased() {
        return quorum != Quorum.NONE;
    }
}
