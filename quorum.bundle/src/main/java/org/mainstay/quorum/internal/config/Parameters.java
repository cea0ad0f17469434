package org.mainstay.quorum.internal.config;

import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mainstay.cluster.QuorumSettings;
import org.mainstay.cluster.QuorumSettings.Etcd;
import org.mainstay.cluster.QuorumSettings.Quorum;
import org.mainstay.cluster.QuorumSettings.Safety;
import org.mainstay.cluster.QuorumSettings.Storage;
import org.mainstay.cluster.QuorumSettings.Witness;

/**
 * Makes settings from the tunables, or says everything that is wrong with them: a configuration is used as a whole or not at all
 * (QUO-039). Pure.
 */
public final class Parameters {
    /** What remains of the second half of S for the kill handles themselves, milliseconds (docs/safety.md). */
    private static final long KILLING = 1_000;

    private static final Set<String> KNOWN = Set.of(
            "QUORUM_MODE",
            "WITNESS_MODE",
            "QUORUM_LOSS_ACTION",
            "QUORUM_QUARANTINE_SECS",
            "QUORUM_LEASE_SECS",
            "QUORUM_LOSS_STOP_SECS",
            "QUORUM_REFERENCE_ADDRESSES",
            "QUORUM_WITNESS_CLUSTER",
            "QUORUM_ETCD_ENDPOINTS",
            "QUORUM_ETCD_PREFIX",
            "QUORUM_ETCD_USER",
            "QUORUM_ETCD_PASSWORD_FILE",
            "QUORUM_ETCD_CA_FILE",
            "QUORUM_ETCD_CERT_FILE",
            "QUORUM_ETCD_KEY_FILE",
            "QUORUM_DEBUG",
            "QWK_STORAGE_TYPE",
            "QWK_STORAGE_HBEATTIME",
            "QWK_STORAGE_NUMHBEATS",
            "QWK_STORAGE_S3_ENDPOINT",
            "QWK_STORAGE_S3_REGION",
            "QWK_STORAGE_CREDENTIALS_FILE",
            "SAFETY_CHECK_SECS",
            "SAFETY_CHECK_ALERT_SECS",
            "SAFETY_CHECK_INTERVAL_SECS",
            "SAFETY_CHECK_PORTS",
            "WATCHDOG_DEVICE",
            "WATCHDOG_TIMEOUT_SECS");
    private static final List<String> FAMILIES = List.of("QUORUM_", "WITNESS_", "QWK_", "SAFETY_CHECK_", "WATCHDOG_");
    private static final String SAFETY_ADDRESSES = "SAFETY_CHECK_ADDRESSES_";
    private static final int SMALLEST_MAJORITY = 3;
    /** A lease must outlast the wait for the next write of the own object and the write itself. */
    private static final long BEYOND_A_BEAT = 2_000;

    private final Values values;
    private final Facts facts;

    private Parameters(Map<String, String> tunables, Facts facts) {
        this.values = new Values(tunables);
        this.facts = facts;
    }

    /** Checks the tunables against each other and the cluster. */
    public static Checked check(Map<String, String> tunables, Facts facts) {
        return new Parameters(tunables, facts).check();
    }

    /** Returns whether a tunable is read here, right or wrong. */
    static boolean ours(String name) {
        return KNOWN.contains(name)
                || name.equals("PAUSE_TOLERANCE")
                || name.endsWith("_PROXY")
                || FAMILIES.stream().anyMatch(name::startsWith);
    }

    private Checked check() {
        Quorum quorum = values.choice("QUORUM_MODE", Quorum.class, Quorum.NONE);
        Witness witness = values.choice("WITNESS_MODE", Witness.class, Witness.NONE);
        checkCombination(quorum, witness);
        checkNames();
        values.set("QUORUM_LOSS_ACTION")
                .filter(action -> !action.equalsIgnoreCase("osu"))
                .ifPresent(action -> values.error(
                        "QUORUM_LOSS_ACTION=" + action + " is not known; the only value is osu (take out of service)"));
        Storage storage = quorum == Quorum.STORAGE ? new StorageCheck(values, facts).check() : Storage.NONE;
        Etcd etcd = quorum == Quorum.ETCD ? etcd() : Etcd.NONE;
        long lossStop = values.millis("QUORUM_LOSS_STOP_SECS", QuorumSettings.DEFAULT.lossStopMillis(), 2, 600);
        long lease = lease(quorum, storage, lossStop);
        String watchdog = watchdog(quorum);
        QuorumSettings settings = new QuorumSettings(
                quorum,
                witness,
                values.millis("QUORUM_QUARANTINE_SECS", QuorumSettings.DEFAULT.quarantineMillis(), 1, 86_400),
                lease,
                lossStop,
                storage,
                etcd,
                safety(quorum),
                watchdog,
                values.millis("WATCHDOG_TIMEOUT_SECS", QuorumSettings.DEFAULT.watchdogMillis(), 5, 255),
                tolerance(lossStop),
                values.whole("QUORUM_DEBUG", 0, 0, 1) == 1);
        boolean usable = values.errors().isEmpty();
        return new Checked(usable ? Optional.of(settings) : Optional.empty(), values.errors(), values.warnings());
    }

    /** Above what is certain it is not refused: it is only told, and servers have had it as large as half of S. */
    private long tolerance(long lossStop) {
        long certain = Math.max(0, lossStop / 2 - KILLING);
        long wanted = values.millis("PAUSE_TOLERANCE", certain, 0, lossStop / 2000.0);
        if (wanted > certain) {
            values.warn("PAUSE_TOLERANCE counts as " + certain / 1000.0
                    + ": half of QUORUM_LOSS_STOP_SECS less 1 s, in which the kill handles end what runs");
        }
        return Math.min(wanted, certain);
    }

    /** The table QUO-038; both mixed combinations are allowed and warned about. */
    private void checkCombination(Quorum quorum, Witness witness) {
        boolean remote = witness == Witness.REMOTE_VERIFY;
        boolean none = witness == Witness.NONE;
        boolean supported = switch (quorum) {
            case NONE, MAJORITY -> remote || none;
            case STORAGE -> witness == Witness.STORAGE;
            case ETCD -> witness == Witness.ETCD;
        };
        if (!supported) {
            values.error("QUORUM_MODE=" + word(quorum) + " and WITNESS_MODE=" + word(witness)
                    + " do not work together: allowed are majority with remote_verify or none, storage with storage, "
                    + "etcd with etcd, none with none or remote_verify");
            return;
        }
        boolean needsThree = quorum == Quorum.MAJORITY || remote;
        if (needsThree && facts.known() && facts.members().size() < SMALLEST_MAJORITY) {
            values.error((quorum == Quorum.MAJORITY ? "QUORUM_MODE=majority" : "WITNESS_MODE=remote_verify")
                    + " needs 3 or more servers, this cluster has "
                    + facts.members().size()
                    + "; use storage or etcd, whose witness is not a server of the cluster, or none");
        }
        if (quorum == Quorum.MAJORITY && none) {
            values.warn(
                    "QUORUM_MODE=majority without WITNESS_MODE=remote_verify: the other servers are not asked before a "
                            + "takeover; the lease still keeps resources from running twice");
        }
        if (quorum == Quorum.NONE && remote) {
            values.warn(
                    "WITNESS_MODE=remote_verify without QUORUM_MODE=majority: the others' opinion counts, but a server "
                            + "that is cut off from them goes on running what it runs");
        }
        if (quorum == Quorum.MAJORITY && facts.known() && facts.members().size() % 2 == 0) {
            values.warn(
                    "QUORUM_MODE=majority in a cluster of " + facts.members().size()
                            + " servers: halves that lose each other both stop; an odd number is recommended");
        }
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(java.util.Locale.ROOT);
    }

    /** A misspelt name would silently leave its default in effect. */
    private void checkNames() {
        for (String name : values.all().keySet()) {
            boolean family = FAMILIES.stream().anyMatch(name::startsWith);
            boolean perServer = name.startsWith(StorageCheck.OBJECT) || name.startsWith(SAFETY_ADDRESSES);
            if (family && !perServer && !KNOWN.contains(name)) {
                values.warn(name + " is not a parameter of Mainstay; is it misspelt?");
            }
        }
    }

    private long lease(Quorum quorum, Storage storage, long lossStop) {
        long detection = facts.slowestDetectionMillis();
        long least = quorum == Quorum.STORAGE ? storage.beatMillis() + BEYOND_A_BEAT : 2_000;
        long usual = quorum == Quorum.STORAGE
                ? storage.beatMillis() + 2 * BEYOND_A_BEAT
                : QuorumSettings.DEFAULT.leaseMillis();
        long lease = values.millis("QUORUM_LEASE_SECS", Math.max(usual, detection), 2, 300);
        if (quorum == Quorum.NONE) {
            return lease;
        }
        if (lease < least) {
            values.error("QUORUM_LEASE_SECS=" + seconds(lease) + " is too short for QUORUM_MODE=storage with "
                    + "QWK_STORAGE_HBEATTIME=" + seconds(storage.beatMillis()) + ": at least " + seconds(least)
                    + " s, or the lease ends before the next write");
        }
        if (lease < detection) {
            values.error("QUORUM_LEASE_SECS=" + seconds(lease)
                    + " is shorter than the slowest comm path takes to notice a " + "failure (" + seconds(detection)
                    + " s): set it to at least that, or make the path faster");
        }
        long limit = storage.beatMillis() * storage.beats();
        long needed = QuorumSettings.lapse(lease, lossStop);
        if (quorum == Quorum.STORAGE && limit < needed) {
            values.error("QWK_STORAGE_HBEATTIME x QWK_STORAGE_NUMHBEATS = " + seconds(limit)
                    + " s is less than QUORUM_LEASE_SECS + QUORUM_LOSS_STOP_SECS + 1 % + 0.05 = " + seconds(needed)
                    + " s: a server would be judged failed while it may still stop its resources; set "
                    + "QWK_STORAGE_NUMHBEATS to at least "
                    + (needed + storage.beatMillis() - 1) / storage.beatMillis());
        }
        return lease;
    }

    private static String seconds(long millis) {
        return Values.number(millis / 1000.0);
    }

    private Etcd etcd() {
        List<String> endpoints = values.list("QUORUM_ETCD_ENDPOINTS");
        if (endpoints.isEmpty()) {
            values.error("QUORUM_ETCD_ENDPOINTS is missing: QUORUM_MODE=etcd needs URLs such as http://10.0.0.9:2379");
        }
        endpoints.stream()
                .filter(endpoint -> !isUrl(endpoint))
                .forEach(endpoint -> values.error("QUORUM_ETCD_ENDPOINTS: '" + endpoint
                        + "' is not a URL such as http://10.0.0.9:2379 or https://etcd.example.com:2379"));
        String user = values.text("QUORUM_ETCD_USER");
        String password = file("QUORUM_ETCD_PASSWORD_FILE");
        if (user.isEmpty() != password.isEmpty()) {
            values.error("QUORUM_ETCD_USER and QUORUM_ETCD_PASSWORD_FILE belong together: set both or neither");
        }
        String certificate = file("QUORUM_ETCD_CERT_FILE");
        String key = file("QUORUM_ETCD_KEY_FILE");
        if (certificate.isEmpty() != key.isEmpty()) {
            values.error("QUORUM_ETCD_CERT_FILE and QUORUM_ETCD_KEY_FILE belong together: set both or neither");
        }
        return new Etcd(
                endpoints,
                values.set("QUORUM_ETCD_PREFIX").orElse("/mainstay"),
                values.text("QUORUM_WITNESS_CLUSTER"),
                user,
                password,
                file("QUORUM_ETCD_CA_FILE"),
                certificate,
                key);
    }

    private static boolean isUrl(String text) {
        try {
            URI uri = URI.create(text);
            return ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme())) && uri.getHost() != null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private String file(String name) {
        String path = values.text(name);
        if (!path.isEmpty() && !path.startsWith("/")) {
            values.error(name + "=" + path + " must be an absolute path");
        }
        return path;
    }

    private String watchdog(Quorum quorum) {
        String device = file("WATCHDOG_DEVICE");
        if (!device.isEmpty() && quorum == Quorum.NONE) {
            values.warn(
                    "WATCHDOG_DEVICE without QUORUM_MODE: there is no right to run that could end, so the watchdog only "
                            + "covers a machine that hangs");
        }
        return device;
    }

    private Safety safety(Quorum quorum) {
        Safety usual = Safety.DEFAULT;
        long limit = values.millis("SAFETY_CHECK_SECS", 0, 0, 3_600);
        if (limit > 0 && limit < Safety.SHORTEST_ALONE && quorum == Quorum.NONE) {
            values.warn("SAFETY_CHECK_SECS=" + seconds(limit)
                    + " is less than 2 s: a short hiccup of a machine or network may "
                    + "start resources twice, as there is no quorum");
        }
        List<Integer> ports = new ArrayList<>();
        for (String word : values.list("SAFETY_CHECK_PORTS")) {
            if (word.matches("[0-9]{1,5}") && Integer.parseInt(word) >= 1 && Integer.parseInt(word) <= 65_535) {
                ports.add(Integer.parseInt(word));
            } else if (!word.equals("none")) {
                values.error("SAFETY_CHECK_PORTS: '" + word
                        + "' is not a TCP port from 1 to 65535; 'none' switches them off");
            }
        }
        boolean given = values.set("SAFETY_CHECK_PORTS").isPresent();
        List<String> references = addresses("QUORUM_REFERENCE_ADDRESSES");
        if (references.isEmpty() && values.errors().isEmpty()) {
            values.warn(
                    "QUORUM_REFERENCE_ADDRESSES is empty: only the default gateway tells this server that it is cut off "
                            + "from the network; name addresses that always answer, such as switches or name servers");
        }
        return new Safety(
                limit,
                values.millis("SAFETY_CHECK_ALERT_SECS", usual.alertMillis(), 1, 86_400),
                values.millis("SAFETY_CHECK_INTERVAL_SECS", usual.intervalMillis(), 0.1, 10),
                given ? ports : usual.ports(),
                extraAddresses(),
                references);
    }

    private Map<String, List<String>> extraAddresses() {
        Map<String, List<String>> extra = new HashMap<>();
        for (String server : facts.members()) {
            List<String> addresses = addresses(SAFETY_ADDRESSES + QuorumSettings.hostKey(server));
            if (!addresses.isEmpty()) {
                extra.put(server, addresses);
            }
        }
        return extra;
    }

    private List<String> addresses(String name) {
        List<String> words = values.list(name);
        words.stream()
                .filter(word -> Addresses.literal(word).isEmpty())
                .forEach(word -> values.error(
                        name + ": '" + word + "' is not an IP address; names are not looked up, use addresses"));
        return words;
    }
}
