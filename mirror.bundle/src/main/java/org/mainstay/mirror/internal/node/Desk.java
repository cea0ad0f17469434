package org.mainstay.mirror.internal.node;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.mirror.internal.engine.EngineLink;
import org.mainstay.mirror.internal.engine.EngineVolume;
import org.mainstay.mirror.internal.volume.Mirrored;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine of this server as the configuration wants it: which volumes and mirrors it has, whom it trusts, that it runs. Says
 * nothing about roles. Thread-safe.
 */
final class Desk {
    static final Path FOLDER = Path.of("data/mirror");
    private static final Logger LOG = LoggerFactory.getLogger(Desk.class);
    private static final long ENGINE_STARTS_MILLIS = 30_000;
    private static final long LOOK_MILLIS = 100;

    private final Path home;
    private final EngineLink engine;
    private final LongSupplier window;
    private final Map<String, Long> windows = new ConcurrentHashMap<>();

    /**
     * @param home installation folder
     * @param window for how long a target may count as current after it was last heard, in milliseconds
     */
    Desk(Path home, EngineLink engine, LongSupplier window) {
        this.home = home;
        this.engine = engine;
        this.window = window;
    }

    EngineLink engine() {
        return engine;
    }

    /** Says whether this server was told to have an engine. */
    boolean wanted() {
        return Files.exists(home.resolve(FOLDER).resolve("engine"));
    }

    /** Makes the engine run and have the volume with all its mirrors. */
    synchronized EngineVolume ensure(Mirrored volume, ClusterSnapshot snapshot)
            throws IOException, InterruptedException {
        run(volume, snapshot);
        awaitEngine();
        return configure(volume, snapshot);
    }

    /** Says that the engine is to run; the guard starts it. */
    synchronized void run(Mirrored volume, ClusterSnapshot snapshot) throws IOException {
        Path folder = home.resolve(FOLDER);
        Files.createDirectories(folder);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        TreeSet<String> pins = new TreeSet<>();
        for (Member member : snapshot.own().membership().members()) {
            pins.addAll(List.of(member.keyPin().split(",")));
        }
        write(folder.resolve("pins"), String.join("\n", pins) + "\n");
        write(folder.resolve("engine"), snapshot.self() + " " + volume.port() + "\n");
    }

    private static void write(Path file, String text) throws IOException {
        if (Files.exists(file) && Files.readString(file).equals(text)) {
            return;
        }
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(fresh, text, StandardCharsets.UTF_8);
        Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-------"));
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Waits until the engine answers. */
    void awaitEngine() throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ENGINE_STARTS_MILLIS);
        while (true) {
            try {
                engine.volumes();
                return;
            } catch (IOException e) {
                if (System.nanoTime() - end >= 0) {
                    throw new IOException(e.getMessage() + "; see data/log/mirror-engine.log and guard.log", e);
                }
            }
            new CountDownLatch(1).await(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private EngineVolume configure(Mirrored volume, ClusterSnapshot snapshot) throws IOException {
        if (engine.volume(volume.volume()).isEmpty()) {
            demand(
                    "create",
                    volume.volume(),
                    volume.device(),
                    home.resolve(FOLDER).toAbsolutePath());
        }
        EngineVolume has = engine.volume(volume.volume()).orElseThrow();
        mirrors(volume, has, snapshot);
        unmirror(volume, has, snapshot);
        return engine.volume(volume.volume()).orElseThrow();
    }

    private void mirrors(Mirrored volume, EngineVolume has, ClusterSnapshot snapshot) throws IOException {
        long now = window.getAsLong();
        for (Map.Entry<String, Mirrored> other :
                Volumes.others(snapshot, volume.volume()).entrySet()) {
            String peer = other.getKey();
            Volumes.Way way = Volumes.way(snapshot, volume, peer, other.getValue());
            String address = way.address();
            String configured = has.configured().get(peer);
            String key = volume.volume() + " " + peer;
            if (configured == null) {
                demand(
                        "mirror",
                        volume.volume(),
                        peer,
                        address,
                        way.type(),
                        "PingInterval=1000",
                        currency(now),
                        limit(now),
                        "BlockWritesOnNDLGTimeoutReached=0");
                windows.put(key, now);
                continue;
            }
            String[] words = configured.split(" ");
            if (!words[0].equals(address)) {
                demand("address", volume.volume(), peer, address);
            }
            if (!words[1].equalsIgnoreCase(way.type())) {
                demand("type", volume.volume(), peer, way.type());
            }
            if (!Long.valueOf(now).equals(windows.put(key, now))) {
                demand("set", volume.volume(), peer, currency(now), limit(now));
            }
        }
    }

    /** A mirror goes only with the tie between the resources: that a server's database cannot be read now says nothing. */
    private void unmirror(Mirrored volume, EngineVolume has, ClusterSnapshot snapshot) throws IOException {
        Map<String, Mirrored> others = Volumes.others(snapshot, volume.volume());
        for (String peer : has.configured().keySet()) {
            if (!others.containsKey(peer) && !Volumes.tied(snapshot, volume.tag(), peer)) {
                LOG.info("{} is no longer on {}: its mirror is deleted", volume.tag(), peer);
                demand("unmirror", volume.volume(), peer);
            }
        }
    }

    private static String currency(long millis) {
        return "CurrencyWindowMs=" + millis;
    }

    /** After the window, measured by another machine's clock, changes go on whether or not it could be recorded (MIR-119). */
    private static String limit(long millis) {
        return "CurrencyRecordTimeoutMs=" + (millis + millis / 50 + 20);
    }

    private void demand(Object... words) throws IOException {
        EngineLink.Answer answer = engine.send(words);
        if (!answer.done()) {
            throw new IOException("the mirror engine refuses '" + words[0] + "': " + answer.text());
        }
    }

    /** Removes what no resource uses; with the last volume the engine itself. */
    void tidy(List<Mirrored> used) throws IOException {
        for (EngineVolume volume : engine.volumes().values()) {
            if (used.stream().noneMatch(one -> one.volume().equals(volume.name()))) {
                forget(volume.name());
            }
        }
        if (used.isEmpty()) {
            Files.deleteIfExists(home.resolve(FOLDER).resolve("engine"));
        }
    }

    /** Forgets a volume; its storage stays. Its disk may hang: what is wanted of other volumes does not wait for that. */
    void forget(String volume) throws IOException {
        Optional<EngineVolume> present = engine.volume(volume);
        if (present.isPresent()) {
            demand("stop", volume, 5_000);
            forgetStopped(volume);
            LOG.info("the mirror engine forgot {}", volume);
        }
    }

    private synchronized void forgetStopped(String volume) throws IOException {
        demand("delete", volume);
        windows.keySet().removeIf(key -> key.startsWith(volume + " "));
    }
}
