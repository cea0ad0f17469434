package org.mainstay.quorum.internal.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mainstay.cluster.QuorumSettings;
import org.mainstay.cluster.TunablesFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The configuration in effect: the file's if it is usable, else the last usable one, which survives a restart. Storage
 * parameters are those of the last {@code qwk_storage_init}; storage mode begins with it and ends with {@code qwk_storage_exit}
 * (QUO-091 to QUO-094). Used by one thread.
 */
public final class Configuration {
    private static final Logger LOG = LoggerFactory.getLogger(Configuration.class);
    private static final String MODE = "QUORUM_MODE";
    private static final String WITNESS = "WITNESS_MODE";
    private static final String STORAGE = "storage";
    /** Shown where nobody knows what holds: a lease is needed. Nobody goes by its times. */
    private static final QuorumSettings UNKNOWN = unknown();

    private final Path file;
    private final Path lastGood;
    private final Path initialised;
    private Map<String, String> good;

    /**
     * What holds.
     *
     * @param settings in effect
     * @param refused why the file is not in effect; empty: it is
     * @param warnings of the file
     * @param left whether the rule of a lease that held at the last reading, maybe of an earlier run, is left now
     * @param known whether anybody can tell what holds; if not, the guard's rule goes on and nobody is told another
     */
    public record Effective(
            QuorumSettings settings, List<String> refused, List<String> warnings, boolean left, boolean known) {
        Effective(QuorumSettings settings, List<String> refused, List<String> warnings) {
            this(settings, refused, warnings, false, true);
        }
    }

    private static QuorumSettings unknown() {
        QuorumSettings d = QuorumSettings.DEFAULT;
        return new QuorumSettings(
                QuorumSettings.Quorum.MAJORITY,
                QuorumSettings.Witness.REMOTE_VERIFY,
                d.quarantineMillis(),
                d.leaseMillis(),
                d.lossStopMillis(),
                d.storage(),
                d.etcd(),
                d.safety(),
                d.watchdogDevice(),
                d.watchdogMillis(),
                d.pauseToleranceMillis(),
                d.debug());
    }

    /**
     * Opens the configuration.
     *
     * @param file {@code etc/default/LifeKeeper}
     * @param folder {@code data/quorum}, made when something is to be kept
     */
    public Configuration(Path file, Path folder) {
        this.file = file;
        this.lastGood = folder.resolve("settings");
        this.initialised = folder.resolve(STORAGE);
    }

    /** Reads the file and decides what holds for a cluster like this, whatever it means for what runs. */
    public Effective read(Facts facts) {
        return read(facts, "", false);
    }

    /**
     * Reads the file and decides what holds for a cluster like this.
     *
     * @param bound why this server must not leave the rule of a lease now; empty: it may
     * @param unleased whether the guard says that no lease is needed here
     */
    public Effective read(Facts facts, String bound, boolean unleased) {
        List<String> refused = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        String lost = readLast();
        try {
            Map<String, String> tunables = ours(TunablesFile.read(file));
            Map<String, String> stored = TunablesFile.read(initialised);
            if (!stored.isEmpty()) {
                keepStorage(tunables, stored, warnings);
            } else if (tunables.getOrDefault(MODE, "").equalsIgnoreCase(STORAGE)) {
                Checked whole = Parameters.check(tunables, facts);
                refused.addAll(whole.errors());
                warnings.addAll(whole.warnings());
                refused.add(
                        "QUORUM_MODE=storage is not in effect before qwk_storage_init was run here: run it on every server");
                return before(facts, lost, refused, warnings);
            }
            Checked checked = Parameters.check(tunables, facts);
            warnings.addAll(checked.warnings());
            boolean leased = lost.isEmpty() ? lastGood(facts).leased() : !unleased;
            boolean leaves = leased
                    && checked.settings().filter(settings -> !settings.leased()).isPresent();
            if (leaves && !bound.isEmpty()) {
                refused.add("QUORUM_MODE=none is not in effect yet: " + bound);
                return before(facts, lost, refused, warnings);
            }
            if (checked.settings().isPresent()) {
                keep(tunables);
                return new Effective(checked.settings().get(), refused, warnings, leaves, true);
            }
            refused.addAll(checked.errors());
        } catch (IOException e) {
            refused.add("the quorum configuration cannot be read: " + e);
            if (lost.isEmpty() && good.isEmpty() && !Files.exists(lastGood)) {
                lost = "no configuration was in effect before";
            }
        }
        return before(facts, lost, refused, warnings);
    }

    /** What held before holds on; where nobody can tell what that is, it is not taken for none. */
    private Effective before(Facts facts, String lost, List<String> refused, List<String> warnings) {
        if (lost.isEmpty()) {
            return new Effective(lastGood(facts), refused, warnings);
        }
        refused.add(lost
                + ", so nobody can tell whether a lease is needed here: nothing is started without one. Set QUORUM_MODE"
                + " in " + file + " as it was; if it was none, or all other servers are down, remove " + lastGood);
        return new Effective(UNKNOWN, refused, warnings, false, false);
    }

    /** Reads what was in effect last. @return why that is not known; empty if it is */
    private String readLast() {
        if (good != null) {
            return "";
        }
        try {
            good = TunablesFile.readWritten(lastGood);
            return "";
        } catch (IOException e) {
            return "the quorum configuration that was in effect last cannot be read (" + e + ")";
        }
    }

    private static Map<String, String> ours(Map<String, String> all) {
        Map<String, String> ours = new TreeMap<>(all);
        ours.keySet().removeIf(name -> !Parameters.ours(name));
        return ours;
    }

    private static boolean atInit(String name) {
        return name.startsWith("QWK_") || StorageCheck.ENVIRONMENT.contains(name);
    }

    private static void keepStorage(Map<String, String> tunables, Map<String, String> stored, List<String> warnings) {
        Map<String, String> now = new TreeMap<>(tunables);
        now.keySet().removeIf(name -> !atInit(name));
        if (!tunables.getOrDefault(MODE, "").equalsIgnoreCase(STORAGE)) {
            warnings.add(
                    "QUORUM_MODE was changed away from storage; that takes effect at qwk_storage_exit, which must be run "
                            + "on every server");
            tunables.put(MODE, STORAGE);
            tunables.put(WITNESS, STORAGE);
        } else if (!now.equals(stored)) {
            warnings.add("storage parameters were changed; they take effect at the next qwk_storage_init, after "
                    + "qwk_storage_exit on every server");
        }
        tunables.keySet().removeIf(Configuration::atInit);
        tunables.putAll(stored);
    }

    private QuorumSettings lastGood(Facts facts) {
        // the cluster may have changed since: what was usable then holds on, whatever it is checked against
        return Parameters.check(good, facts)
                .settings()
                .or(() -> Parameters.check(good, new Facts(facts.self(), storageMembers(good, facts), 0))
                        .settings())
                .orElse(QuorumSettings.DEFAULT);
    }

    private static List<String> storageMembers(Map<String, String> values, Facts facts) {
        return facts.members().stream()
                .filter(server -> values.containsKey(StorageCheck.OBJECT + QuorumSettings.hostKey(server)))
                .toList();
    }

    private void keep(Map<String, String> tunables) {
        if (tunables.equals(good)) {
            return;
        }
        good = Map.copyOf(tunables);
        try {
            write(lastGood, good);
        } catch (IOException e) {
            LOG.warn(
                    "{} cannot be written: {}; after a restart an older configuration may hold",
                    lastGood,
                    e.toString());
        }
    }

    /** Returns what would hold if storage mode began now; nothing changes. */
    public Checked checkStorage(Facts facts) throws IOException {
        Map<String, String> tunables = ours(TunablesFile.read(file));
        if (!tunables.getOrDefault(MODE, "").equalsIgnoreCase(STORAGE)) {
            return new Checked(
                    java.util.Optional.empty(),
                    List.of("QUORUM_MODE in etc/default/LifeKeeper is '" + tunables.getOrDefault(MODE, "none")
                            + "'; set QUORUM_MODE=storage and WITNESS_MODE=storage on every server first"),
                    List.of());
        }
        return Parameters.check(tunables, facts);
    }

    /** Takes the storage parameters of the file into use. @throws IOException if they cannot be kept */
    public void beginStorage() throws IOException {
        Map<String, String> tunables = new TreeMap<>(TunablesFile.read(file));
        tunables.keySet().removeIf(name -> !atInit(name));
        write(initialised, tunables);
    }

    /** Returns whether storage mode was begun. */
    public boolean storageBegun() {
        return Files.exists(initialised);
    }

    /** Ends storage mode: from now on quorum mode none holds, until the file asks for another. */
    public void endStorage() throws IOException {
        good = Map.of(MODE, "none");
        write(lastGood, good);
        Files.deleteIfExists(initialised);
    }

    private static void write(Path target, Map<String, String> values) throws IOException {
        Files.createDirectories(target.toAbsolutePath().getParent());
        StringBuilder text = new StringBuilder();
        new TreeMap<>(values)
                .forEach((name, value) ->
                        text.append(name).append('=').append(value).append('\n'));
        Path fresh = target.resolveSibling(target.getFileName() + ".new");
        Files.writeString(fresh, text, StandardCharsets.UTF_8);
        try (var channel = java.nio.channels.FileChannel.open(fresh, java.nio.file.StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
