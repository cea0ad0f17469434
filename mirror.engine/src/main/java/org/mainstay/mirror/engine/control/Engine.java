package org.mainstay.mirror.engine.control;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.mainstay.mirror.engine.io.Export;
import org.mainstay.mirror.engine.link.Frame;
import org.mainstay.mirror.engine.link.FrameType;
import org.mainstay.mirror.engine.link.Link;
import org.mainstay.mirror.engine.link.LinkHandler;
import org.mainstay.mirror.engine.link.LinkServer;
import org.mainstay.mirror.engine.nbd.Exports;
import org.mainstay.mirror.engine.nbd.NbdLimits;
import org.mainstay.mirror.engine.nbd.NbdServer;
import org.mainstay.mirror.engine.volume.MirrorSettings;
import org.mainstay.mirror.engine.volume.MirrorType;
import org.mainstay.mirror.engine.volume.RefusedException;
import org.mainstay.mirror.engine.volume.Trust;
import org.mainstay.mirror.engine.volume.Volume;
import org.mainstay.mirror.engine.volume.VolumeStatus;

/** All volumes of this server: what the control socket commands, the NBD server exports and other engines connect to. */
public final class Engine implements AutoCloseable, Exports {
    private static final long TICK_MILLIS = 500;
    private static final int CLEAN_EVERY = 10;
    /** How long a command waits for one before it. */
    private static final long BEFORE_SECONDS = 5;
    /** How long a stop waits for the disk beyond its own time, until it says that the disk may hang. */
    private static final long DISK_SECONDS = 10;

    private final Path folder;
    private final String self;
    private final EngineEnvironment env;
    private final MirrorMemory bitmaps = new MirrorMemory();
    private final Leases leases;
    private final Map<String, VolumeFiles> files = new ConcurrentHashMap<>();
    private final Map<String, Volume> volumes = new ConcurrentHashMap<>();
    private final Map<String, Long> leaseEnds = new ConcurrentHashMap<>();
    /** By volume: one command about its role at a time. It may wait for the disk, so others do not wait for it. */
    private final Map<String, ReentrantLock> roles = new ConcurrentHashMap<>();

    /** The volumes whose size is being changed (TRB-143), or that get a mirror. */
    private final Set<String> resizing = ConcurrentHashMap.newKeySet();

    private final SnapshotCommands snapshots;
    private final NbdServer nbd;
    private final NbdPort port;
    private final LinkServer links;
    private int ticks;

    /**
     * Opens all volumes of a folder and takes up what may go on.
     *
     * @param folder of the volumes' files; {@code nbd.sock} is made in it
     * @param self this server's name
     * @param replication where other engines connect; null: nowhere
     */
    public Engine(
            Path folder,
            String self,
            InetSocketAddress replication,
            LinkServer.Security security,
            long memory,
            Consumer<String> log)
            throws IOException {
        this.folder = folder;
        this.self = self;
        this.env = new EngineEnvironment(memory, security, log);
        this.leases = new Leases(folder);
        this.snapshots = new SnapshotCommands(env);
        open();
        this.nbd = new NbdServer(this, NbdLimits.DEFAULT, env.buffers(), env.timer(), log);
        this.links = replication == null ? null : new LinkServer(replication, security, this::accept, env.timer(), log);
        nbd.listen(folder.resolve("nbd.sock"));
        takeUp();
        this.port = new NbdPort(folder.resolve("nbd-tls"), nbd, log);
        env.timer().scheduleWithFixedDelay(() -> env.run(this::tick), TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void open() throws IOException {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, "*.volume")) {
            for (Path file : all) {
                String text = file.getFileName().toString();
                String name = text.substring(0, text.length() - ".volume".length());
                try {
                    VolumeFiles one = new VolumeFiles(folder, name);
                    one.load();
                    volumes.put(name, one.open(self, env, bitmaps));
                    files.put(name, one);
                } catch (IOException | IllegalArgumentException e) {
                    env.log("ERROR the volume " + name + " cannot be opened: " + e.getMessage());
                }
            }
        }
    }

    private void takeUp() throws IOException {
        for (String name : volumes.keySet()) {
            Map<String, String> given = leases.get(name);
            if (given.isEmpty()) {
                continue;
            }
            try {
                long epoch = Long.parseLong(given.get("epoch"));
                if (given.get("role").equals("source")) {
                    startSource(name, epoch, Trust.OWN, Long.parseLong(given.get("end")));
                } else {
                    startTarget(name, epoch, given.get("peer"), false);
                }
            } catch (RefusedException | NumberFormatException e) {
                env.log("the volume " + name + " does not go on: " + e.getMessage());
            }
        }
    }

    private void tick() {
        boolean clean = ++ticks % CLEAN_EVERY == 0;
        volumes.forEach((name, volume) -> {
            Long end = leaseEnds.get(name);
            try {
                // The other clock stands still while the machine sleeps.
                if (end != null && end != Long.MAX_VALUE && Leases.uptime() >= end) {
                    volume.lease(System.nanoTime());
                }
            } catch (IOException e) {
                env.log("the time since boot cannot be read: " + e.getMessage());
            }
            volume.tick(clean);
        });
    }

    private LinkHandler accept(Link link, Map<String, String> hello) {
        Volume volume = volumes.get(hello.getOrDefault("volume", ""));
        if (volume != null) {
            return volume.accept(link, hello);
        }
        link.send(FrameType.REFUSE, 0, 0, 0, Frame.text(Map.of("reason", "there is no such volume here")), null);
        return null;
    }

    EngineEnvironment env() {
        return env;
    }

    SnapshotCommands snapshots() {
        return snapshots;
    }

    /** Prepares a snapshot in the volume's location. @return the name of its export */
    String prepareSnapshot(String name, String id) throws IOException, InterruptedException {
        VolumeFiles one = files(name);
        return snapshots.prepare(volume(name), id, one.snapshotLocation(), one.snapshotBlock());
    }

    /** Sets where snapshots are kept. @param location empty: they are disabled */
    void snapshotLocation(String name, String location, long block) throws IOException, InterruptedException {
        Volume volume = volume(name);
        if (!volume.snapshots().export().isEmpty()) {
            throw new IllegalStateException("there is a snapshot of " + name + ": drop it first");
        }
        if (!location.isEmpty()) {
            snapshots.check(volume, location, block);
        }
        synchronized (this) {
            files(name).snapshots(location, block);
        }
    }

    /** Returns where snapshots are kept; empty: nowhere. */
    String snapshotLocation(String name) {
        VolumeFiles one = files.get(name);
        return one == null ? "" : one.snapshotLocation();
    }

    /** Returns where other engines connect. */
    public InetSocketAddress replication() throws IOException {
        return links.address();
    }

    // ---- commands; one at a time, but for those that may wait for a disk ----

    /** A command about a volume's role. */
    @FunctionalInterface
    private interface RoleCommand {
        void run() throws IOException, RefusedException;
    }

    private void alone(String name, RoleCommand command) throws IOException, RefusedException {
        ReentrantLock lock = roles.computeIfAbsent(name, key -> new ReentrantLock());
        boolean mine = false;
        try {
            mine = lock.tryLock(BEFORE_SECONDS, TimeUnit.SECONDS);
            if (!mine) {
                throw new IllegalStateException("the command before this one has not ended: perhaps the disk of " + name
                        + " hangs. See the log of the engine");
            }
            command.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the engine ends", e);
        } finally {
            if (mine) {
                lock.unlock();
            }
        }
    }

    synchronized void create(String name, String path, String logs) throws IOException {
        if (!name.matches("[A-Za-z0-9_.-]{1,64}")) {
            throw new IllegalArgumentException(
                    "a volume's name has 1 to 64 letters, digits, '.', '-', '_', not: " + name);
        }
        VolumeFiles one = new VolumeFiles(folder, name);
        if (one.exists() && !volumes.containsKey(name)) {
            // Could not be opened when the engine started, perhaps because its device came later. What is known of it
            // stays.
            one.load(path);
        } else {
            one.create(path, logs);
        }
        volumes.put(name, one.open(self, env, bitmaps));
        files.put(name, one);
    }

    synchronized void mirror(String name, String peer, String address, MirrorType type, MirrorSettings settings)
            throws IOException {
        EngineEnvironment.address(address);
        VolumeFiles one = files(name);
        takeSizes(name);
        try {
            long size = volume(name).size();
            bitmaps.take(name, size, one.mirrors() + 1);
            try {
                one.addMirror(volume(name), peer, address, type, settings);
            } finally {
                bitmaps.take(name, size, one.mirrors());
            }
        } finally {
            resizing.remove(name);
        }
    }

    /** Until it is out of {@link #resizing} again nobody else changes what memory the volume's bitmaps take. */
    private void takeSizes(String name) {
        if (!resizing.add(name)) {
            throw new IllegalStateException(
                    "the size of " + name + " is being changed, or it gets a mirror: try again then");
        }
    }

    synchronized void removeMirror(String name, String peer) throws IOException {
        VolumeFiles one = files(name);
        takeSizes(name);
        try {
            one.removeMirror(volume(name), peer);
            bitmaps.take(name, volume(name).size(), one.mirrors());
        } finally {
            resizing.remove(name);
        }
    }

    synchronized void set(String name, String peer, Map<String, Long> changes) throws IOException {
        VolumeFiles one = files(name);
        Map<String, Long> values = new TreeMap<>(one.settings(peer).values());
        values.putAll(changes);
        MirrorSettings settings = new MirrorSettings(values);
        one.put(peer, one.address(peer), one.type(peer), settings);
        volume(name).settings(peer, settings);
    }

    synchronized void address(String name, String peer, String address) throws IOException {
        EngineEnvironment.address(address);
        VolumeFiles one = files(name);
        one.put(peer, address, one.type(peer), one.settings(peer));
        volume(name).address(peer, address);
    }

    synchronized void type(String name, String peer, MirrorType type) throws IOException {
        VolumeFiles one = files(name);
        one.put(peer, one.address(peer), type, one.settings(peer));
        volume(name).type(peer, type);
    }

    /** Makes a volume larger. @param asked bytes; 0: all of the storage. @return its size now */
    long resize(String name, long asked) throws IOException, RefusedException {
        Volume volume = volume(name);
        takeSizes(name);
        try {
            alone(name, () -> grow(name, asked));
        } finally {
            resizing.remove(name);
        }
        return volume.size();
    }

    private void grow(String name, long asked) throws IOException, RefusedException {
        Volume volume = volume(name);
        long most = Math.max(volume.size(), asked == 0 ? volume.room() : asked);
        VolumeFiles one = files(name);
        bitmaps.take(name, most, one.mirrors());
        try {
            volume.resize(asked);
        } finally {
            bitmaps.take(name, volume.size(), one.mirrors());
        }
    }

    void moveLogs(String name, String logs) throws IOException, RefusedException {
        volume(name);
        alone(name, () -> move(name, logs));
    }

    private synchronized void move(String name, String logs) throws IOException {
        VolumeFiles one = files(name);
        one.moveLogs(volume(name), logs);
        one.close(volume(name));
        try {
            volumes.put(name, one.open(self, env, bitmaps));
        } catch (IOException | RuntimeException e) {
            // As one that cannot be opened when the engine starts: its files stay, and 'create' takes it up.
            volumes.remove(name);
            files.remove(name);
            throw new IOException(
                    "the logs are moved, but the volume " + name + " cannot be opened again: " + e.getMessage()
                            + ". It is taken up by 'create' when it can be",
                    e);
        }
    }

    /** @param end of the lease on {@link Leases#uptime}; {@link Long#MAX_VALUE}: none */
    void startSource(String name, long epoch, Trust trust, long end) throws IOException, RefusedException {
        volume(name);
        alone(name, () -> {
            lease(name, end);
            volume(name).startSource(epoch, trust);
            leases.put(name, "source", epoch, "", end);
        });
    }

    void startTarget(String name, long epoch, String source, boolean discard) throws IOException, RefusedException {
        volume(name);
        alone(name, () -> {
            volume(name).startTarget(epoch, source, discard);
            leases.put(name, "target", epoch, source, Long.MAX_VALUE);
        });
    }

    void renew(String name, long end) throws IOException, RefusedException {
        volume(name);
        alone(name, () -> {
            lease(name, end);
            leases.put(name, "source", volume(name).state().epoch(), "", end);
        });
    }

    private void lease(String name, long end) throws IOException {
        leaseEnds.put(name, end);
        long left = end == Long.MAX_VALUE ? 0 : TimeUnit.MILLISECONDS.toNanos(end - Leases.uptime());
        volume(name).lease(end == Long.MAX_VALUE ? Long.MAX_VALUE : System.nanoTime() + left);
    }

    /** @return the targets that were in step and have not got all that was answered */
    List<String> stop(String name, long millis) throws IOException, InterruptedException {
        Volume volume = volume(name);
        leases.remove(name);
        CompletableFuture<List<String>> stopped = new CompletableFuture<>();
        volume.stop(millis, stopped::complete);
        try {
            return stopped.get(millis + TimeUnit.SECONDS.toMillis(DISK_SECONDS), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException(
                    "the volume " + name
                            + " takes nothing more, but a write to its disk has not ended: it hangs. Repair it, then stop again",
                    e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the volume " + name + " could not be stopped", e);
        }
    }

    void delete(String name) throws IOException, RefusedException {
        volume(name);
        alone(name, () -> forget(name));
    }

    private synchronized void forget(String name) throws IOException {
        if (volume(name).hasRole()) {
            throw new IllegalStateException("the volume " + name + " has a role: stop it first");
        }
        VolumeFiles one = files(name);
        one.close(volume(name));
        one.delete();
        leases.remove(name);
        bitmaps.give(name);
        volumes.remove(name);
        files.remove(name);
    }

    Volume volume(String name) {
        Volume volume = volumes.get(name);
        if (volume == null) {
            throw new IllegalArgumentException("there is no volume '" + name + "'; there are: "
                    + (volumes.isEmpty() ? "none" : String.join(", ", new TreeMap<>(volumes).keySet())));
        }
        return volume;
    }

    private VolumeFiles files(String name) {
        volume(name);
        return files.get(name);
    }

    List<VolumeStatus> status() {
        List<VolumeStatus> all = new ArrayList<>();
        new TreeMap<>(volumes).values().forEach(volume -> all.add(volume.status()));
        return all;
    }

    // ---- exports: the name carries the epoch, so that an old attachment does not reach a later role ----

    @Override
    public Export find(String name) {
        int at = name.lastIndexOf('@');
        Volume volume = at < 0 ? null : volumes.get(name.substring(0, at));
        if (volume == null) {
            return null;
        }
        return exportName(volume).equals(name) ? volume : volume.snapshots().find(name);
    }

    private static String exportName(Volume volume) {
        return volume.serving() ? volume.name() + "@" + volume.state().epoch() : "";
    }

    @Override
    public List<String> names() {
        List<String> names = new ArrayList<>();
        new TreeMap<>(volumes).values().stream().filter(Volume::serving).forEach(v -> names.add(exportName(v)));
        new TreeMap<>(volumes)
                .values().stream()
                        .map(v -> v.snapshots().export())
                        .filter(e -> !e.isEmpty())
                        .forEach(names::add);
        return names;
    }

    /** Sets who is told of what this process cannot go on with. */
    public void onFatal(Consumer<Throwable> told) {
        env.onFatal(told);
    }

    /** The process is about to end: sources of targets here are told, so that they need not wait. Returns when that is sent. */
    public void resign() {
        volumes.values().forEach(Volume::resign);
    }

    @Override
    public void close() throws IOException {
        port.close();
        nbd.close();
        if (links != null) {
            links.close();
        }
        env.close();
        for (Map.Entry<String, VolumeFiles> one : files.entrySet()) {
            one.getValue().close(volumes.get(one.getKey()));
        }
    }
}
