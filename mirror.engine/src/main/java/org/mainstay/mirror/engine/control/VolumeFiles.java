package org.mainstay.mirror.engine.control;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import org.mainstay.mirror.engine.io.FileDisk;
import org.mainstay.mirror.engine.io.FileStore;
import org.mainstay.mirror.engine.io.LocalIo;
import org.mainstay.mirror.engine.volume.IntentLog;
import org.mainstay.mirror.engine.volume.MirrorSettings;
import org.mainstay.mirror.engine.volume.MirrorType;
import org.mainstay.mirror.engine.volume.StateStore;
import org.mainstay.mirror.engine.volume.Volume;
import org.mainstay.mirror.engine.volume.VolumeState;

/** The files of one volume: what was configured, its state, its intent logs, and the storage itself (PROTOCOL.md, Files). */
final class VolumeFiles {
    private static final String MIRROR = "mirror.";
    private static final String SIZE = "size";
    private static final int SECTOR = 512;
    private static final String SNAPSHOT_LOCATION = "snapshot.location";
    private static final String SNAPSHOT_BLOCK = "snapshot.block";
    private final Path folder;
    private final String name;
    private final FileStore configuration;
    /** As saved: it is replaced, never changed, so that what could not be saved is not saved by what comes later. */
    private volatile Map<String, String> lines = new TreeMap<>();

    private FileDisk disk;
    private ExecutorService storage;
    private volatile String location = "";
    private volatile long block;

    VolumeFiles(Path folder, String name) {
        this.folder = folder;
        this.name = name;
        this.configuration = new FileStore(folder.resolve(name + ".volume"));
    }

    /** Begins a new volume. @param logs folder of its intent logs; empty: none are kept (MIR-082) */
    boolean exists() {
        return Files.exists(folder.resolve(name + ".volume"));
    }

    void create(String path, String logs) throws IOException {
        if (exists()) {
            throw new IOException("there is a volume " + name + " already");
        }
        try (FileDisk storage = FileDisk.open(Path.of(path), true)) {
            IntentLog.mostMemory(storage.size());
            save(new TreeMap<>(Map.of(SIZE, Long.toString(storage.size()), "path", path, "logs", logs)));
        }
    }

    private void save(Map<String, String> changed) throws IOException {
        configuration.save(changed);
        lines = changed;
    }

    private void save(String key, String value) throws IOException {
        Map<String, String> changed = new TreeMap<>(lines);
        changed.put(key, value);
        save(changed);
    }

    void load() throws IOException {
        lines = configuration.load();
        if (lines == null) {
            throw new IOException("there is no volume " + name);
        }
        location = lines.getOrDefault(SNAPSHOT_LOCATION, "");
        block = Long.parseLong(lines.getOrDefault(SNAPSHOT_BLOCK, "0"));
    }

    /** Loads a volume that is known to be kept there. @throws IOException if it is kept elsewhere */
    void load(String path) throws IOException {
        load();
        if (!path.equals(lines.get("path"))) {
            throw new IOException("the volume " + name + " is kept in " + lines.get("path") + " and not in " + path
                    + "; delete it first");
        }
    }

    /** Returns the number of mirrors. */
    int mirrors() {
        return (int)
                lines.keySet().stream().filter(key -> key.startsWith(MIRROR)).count();
    }

    /** Opens the volume with all its mirrors. @throws IOException also if there is no memory for them */
    Volume open(String self, EngineEnvironment env, MirrorMemory memory) throws IOException {
        disk = FileDisk.open(Path.of(lines.get("path")), true);
        storage = EngineEnvironment.storage(name);
        try {
            return opened(self, env, memory);
        } catch (IOException | RuntimeException e) {
            memory.give(name);
            storage.shutdown();
            disk.close();
            throw e;
        }
    }

    private Volume opened(String self, EngineEnvironment env, MirrorMemory memory) throws IOException {
        LocalIo io = new LocalIo(disk, storage, text -> env.log(name + ": " + text), System::nanoTime);
        FileStore state = new FileStore(folder.resolve(name + ".state"));
        StateStore store = new StateStore() {
            @Override
            public VolumeState load() throws IOException {
                Map<String, String> stored = state.load();
                return stored == null ? null : VolumeState.fromLines(stored);
            }

            @Override
            public void save(VolumeState now) throws IOException {
                state.save(now.toLines());
            }
        };
        Volume volume;
        try {
            volume = new Volume(name, self, env, io, store, size(state.load() == null));
        } catch (IOException e) {
            disk.close();
            throw new IOException(lines.get("path") + ": " + e.getMessage(), e);
        }
        memory.take(name, volume.size(), mirrors());
        if (disk.size() / SECTOR * SECTOR > volume.size()) {
            env.log("the storage of " + name + " has " + disk.size() + " bytes, the volume " + volume.size()
                    + ": the rest is not used; 'mainstay mirror resize' takes it");
        }
        for (Map.Entry<String, String> line : lines.entrySet()) {
            if (line.getKey().startsWith(MIRROR)) {
                attach(volume, line.getKey().substring(MIRROR.length()), line.getValue(), env);
            }
        }
        return volume;
    }

    /** Returns the size where the state does not say it. @param fresh there is no state: it was never used */
    private long size(boolean fresh) throws IOException {
        if (fresh && lines.containsKey(SIZE)) {
            return Long.parseLong(lines.get(SIZE));
        }
        // A version before this one took all of the storage, and noted that in the logs. It may have grown since.
        long known = 0;
        for (String key : lines.keySet()) {
            if (key.startsWith(MIRROR) && !lines.get("logs").isEmpty()) {
                known = Math.max(known, sizeInLog(key.substring(MIRROR.length())));
            }
        }
        return known > 0 && known <= disk.size() ? known : disk.size();
    }

    private long sizeInLog(String peer) {
        try (FileDisk log = FileDisk.open(logFile(peer), true)) {
            return IntentLog.volumeSize(log);
        } catch (IOException e) {
            // That it is lost is found, and said, when it is opened.
            return 0;
        }
    }

    private void attach(Volume volume, String peer, String value, EngineEnvironment env) {
        String[] words = value.split(" ", -1);
        IntentLog log = null;
        try {
            log = openLog(peer, volume.size());
        } catch (IOException e) {
            env.log("the intent log of " + name + " for " + peer + " is lost, everything has to be sent: "
                    + e.getMessage());
            // First that it is lost: a new log looks as if nothing had changed.
            log = volume.logLost(peer) ? renew(peer, volume.size(), env) : null;
        }
        volume.addMirror(peer, words[0], MirrorType.valueOf(words[1]), settings(words), log);
    }

    private IntentLog renew(String peer, long size, EngineEnvironment env) {
        try {
            return createLog(peer, size);
        } catch (IOException e) {
            env.log("nor can a new one be made: " + e.getMessage());
            return null;
        }
    }

    private static MirrorSettings settings(String[] words) {
        Map<String, Long> values = new TreeMap<>();
        for (int i = 2; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            values.put(words[i].substring(0, equals), Long.parseLong(words[i].substring(equals + 1)));
        }
        return new MirrorSettings(values);
    }

    private Path logFile(String peer) {
        return Path.of(lines.get("logs"), name + "." + peer + ".bitmap");
    }

    private IntentLog openLog(String peer, long size) throws IOException {
        return lines.get("logs").isEmpty() ? null : IntentLog.open(FileDisk.open(logFile(peer), true), size);
    }

    private IntentLog createLog(String peer, long size) throws IOException {
        if (lines.get("logs").isEmpty()) {
            return null;
        }
        Path file = logFile(peer);
        Files.createDirectories(file.getParent());
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            access.setLength(IntentLog.fileSize(size));
            access.getFD().sync();
        }
        return IntentLog.create(FileDisk.open(file, true), size);
    }

    /** Returns where snapshots are kept (EMC-125); empty: they are disabled. */
    String snapshotLocation() {
        return location;
    }

    /** Returns the size of the blocks of snapshots; 0: the usual one (SNAP-035). */
    long snapshotBlock() {
        return block;
    }

    /** Changes both, durably. */
    void snapshots(String newLocation, long newBlock) throws IOException {
        Map<String, String> changed = new TreeMap<>(lines);
        changed.put(SNAPSHOT_LOCATION, newLocation);
        changed.put(SNAPSHOT_BLOCK, Long.toString(newBlock));
        save(changed);
        location = newLocation;
        block = newBlock;
    }

    /** Adds a mirror, durably. */
    void addMirror(Volume volume, String peer, String address, MirrorType type, MirrorSettings settings)
            throws IOException {
        if (lines.containsKey(MIRROR + peer)) {
            throw new IllegalStateException("there is a mirror to " + peer + " already");
        }
        // Whatever is known of an earlier mirror to that server, the new log does not have.
        lost(volume, peer);
        IntentLog log = createLog(peer, volume.size());
        put(peer, address, type, settings);
        volume.addMirror(peer, address, type, settings, log);
    }

    private void lost(Volume volume, String peer) throws IOException {
        if (!volume.logLost(peer)) {
            throw new IOException("the state of the volume " + name + " cannot be written");
        }
    }

    void put(String peer, String address, MirrorType type, MirrorSettings settings) throws IOException {
        StringBuilder value = new StringBuilder(address).append(' ').append(type);
        new TreeMap<>(settings.values())
                .forEach((key, number) ->
                        value.append(' ').append(key).append('=').append(number));
        save(MIRROR + peer, value.toString());
    }

    String address(String peer) {
        return words(peer)[0];
    }

    MirrorType type(String peer) {
        return MirrorType.valueOf(words(peer)[1]);
    }

    MirrorSettings settings(String peer) {
        return settings(words(peer));
    }

    private String[] words(String peer) {
        String value = lines.get(MIRROR + peer);
        if (value == null) {
            throw new IllegalArgumentException("the volume " + name + " has no mirror to '" + peer + "'");
        }
        return value.split(" ", -1);
    }

    /** Forgets a mirror and deletes its log. */
    void removeMirror(Volume volume, String peer) throws IOException {
        Map<String, String> changed = new TreeMap<>(lines);
        changed.remove(MIRROR + peer);
        save(changed);
        IntentLog log = volume.removeMirror(peer);
        if (log != null) {
            log.close();
            Files.deleteIfExists(logFile(peer));
        }
    }

    /** Moves the logs: new ones are complete before the old ones are given up (MIR-090). */
    void moveLogs(Volume volume, String logs) throws IOException {
        if (volume.hasRole()) {
            throw new IllegalStateException(
                    "the logs of " + name + " can be moved while it has no role: stop it first");
        }
        String before = lines.get("logs");
        for (String key : lines.keySet()) {
            if (!key.startsWith(MIRROR)) {
                continue;
            }
            String peer = key.substring(MIRROR.length());
            if (before.isEmpty() || logs.isEmpty()) {
                // What is written without logs is in none; files of before may be found there again.
                lost(volume, peer);
            } else {
                String file = name + "." + peer + ".bitmap";
                Files.createDirectories(Path.of(logs));
                Files.copy(
                        Path.of(before, file), Path.of(logs, file), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                try (RandomAccessFile copy =
                        new RandomAccessFile(Path.of(logs, file).toFile(), "rw")) {
                    copy.getFD().sync();
                }
            }
        }
        save("logs", logs);
    }

    void close(Volume volume) throws IOException {
        storage.shutdown();
        try {
            disk.close();
        } finally {
            volume.closeLogs();
        }
    }

    /** Deletes everything but the storage. */
    void delete() throws IOException {
        for (String key : lines.keySet()) {
            if (key.startsWith(MIRROR) && !lines.get("logs").isEmpty()) {
                Files.deleteIfExists(logFile(key.substring(MIRROR.length())));
            }
        }
        new FileStore(folder.resolve(name + ".state")).delete();
        configuration.delete();
    }
}
