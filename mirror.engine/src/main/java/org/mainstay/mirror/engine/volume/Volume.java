package org.mainstay.mirror.engine.volume;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.io.Disk;
import org.mainstay.mirror.engine.io.Export;
import org.mainstay.mirror.engine.io.LocalIo;
import org.mainstay.mirror.engine.link.Link;
import org.mainstay.mirror.engine.link.LinkHandler;

/**
 * One side of a replicated volume. Does nothing until told which role to take, and takes no role that its data does not allow
 * (I6). As source it is what clients are served ({@link Export}); as target it takes what its source sends, and nobody
 * else may touch it.
 */
public final class Volume implements Export {
    private final String name;
    private final String self;
    private final Environment env;
    private final LocalIo io;
    private final StateStore store;
    private final ReentrantLock lock = new ReentrantLock();
    private final WritePath path;
    private final Barrier barrier;
    private final TargetSide target;
    private final LogKeeper logs = new LogKeeper(this);
    private final MirrorTable mirrors = new MirrorTable(this);
    private final Clients clients = new Clients();
    private VolumeState state;
    private volatile long size;
    private boolean active;
    private String trouble = "";

    /**
     * Opens a volume; it has no role until {@link #startSource} or {@link #startTarget}.
     *
     * @param name the same on all sides
     * @param self this side's name
     * @param io its storage
     * @param size bytes, where its state does not say it
     * @throws IOException if its state cannot be read: then nothing is known of the data, and nothing may be done with it; or if its
     *     storage became smaller than it is
     */
    public Volume(String name, String self, Environment env, LocalIo io, StateStore store, long size)
            throws IOException {
        this.name = name;
        this.self = self;
        this.env = env;
        this.io = io;
        this.store = store;
        VolumeState stored = store.load();
        this.state = stored == null ? VolumeState.NEW.size(size) : stored.size() == 0 ? stored.size(size) : stored;
        this.size = state.size();
        if (size() > io.disk().room()) {
            throw new IOException("its storage has " + io.disk().room() + " bytes, the volume has " + size()
                    + ": it was made smaller. Make it as large again; what was cut off has to come from another side");
        }
        this.path = new WritePath(this, io);
        this.barrier = new Barrier(this);
        this.target = new TargetSide(this);
    }

    // ---- configuration ----

    /**
     * Adds a mirror.
     *
     * @param address where the target's engine listens
     * @param log its intent log, opened or created; null: none is kept, or it was lost
     */
    public void addMirror(String peer, String address, MirrorType type, MirrorSettings settings, IntentLog log) {
        locked(() -> mirrors.add(peer, address, type, settings, log));
    }

    /** The log of a mirror was lost or damaged: changes are missing from it (MIR-190). @return false: that cannot be saved */
    public boolean logLost(String peer) {
        lock();
        try {
            return save(state.peer(peer, state.peer(peer).logComplete(false)));
        } finally {
            unlock();
        }
    }

    /** Says whether the volume has a role now, or still writes something that it took as target. */
    public boolean hasRole() {
        return active || target.busy();
    }

    /** The volume is opened anew, or not again: its intent logs take nothing more from here. */
    public void closeLogs() throws IOException {
        mirrors.closeLogs();
    }

    /** Forgets a mirror (T9 to T11). @return its log, to be closed and deleted */
    public IntentLog removeMirror(String peer) {
        lock();
        try {
            Mirror mirror = mirror(peer);
            if (serving()) {
                // Its target may count as current for some time: changes it lacks wait, as when it is lost.
                mirror.fail(PauseCause.USER, "the mirror is deleted");
            } else {
                mirror.close("the mirror is deleted");
            }
            mirrors.remove(peer);
            save(state.without(peer));
            return mirror.log();
        } finally {
            unlock();
            path.drain();
        }
    }

    /** Changes where a target is (MIR-228). */
    public void address(String peer, String address) {
        locked(() -> {
            mirrors.address(peer, address);
            if (mirror(peer).state() != MirrorState.BROKEN) {
                mirror(peer).fail(PauseCause.CONNECTION, "the target's address was changed");
            }
        });
        path.drain();
    }

    // ---- roles ----

    /**
     * Becomes source. Waits for the disk if this side was target.
     *
     * @param epoch ownership epoch, not below the last
     * @param trust why old or incomplete data is acceptable
     * @throws RefusedException if this side may be stale, with the reason
     * @throws IllegalStateException if the disk hangs
     */
    public void startSource(long epoch, Trust trust) throws RefusedException {
        new RoleChange(this).source(epoch, trust);
    }

    /**
     * Becomes target: waits for its source.
     *
     * @param source who may connect
     * @param discard an operator decided that this side's own changes may be overwritten
     */
    public void startTarget(long epoch, String source, boolean discard) throws RefusedException {
        lock();
        try {
            new RoleChange(this).target(epoch, source, discard);
        } finally {
            unlock();
        }
    }

    /**
     * Gives up the role; clients are disconnected and their requests fail. Targets that are in step get everything first,
     * if {@code millis} suffice, and are told that they are current.
     *
     * @param stopped called once when that is done, on another thread, with the targets in step that lack something
     */
    public void stop(long millis, Consumer<List<String>> stopped) {
        disconnect();
        new Handover(this).begin(millis, stopped);
    }

    /** The process ends: as target, this side does not count as current from here on, and its source is told so. */
    public void resign() {
        locked(target::resign);
    }

    /** Makes a source larger: see {@link Resizing#grow}. Its clients connect again. @param asked bytes; 0: all of the storage */
    public void resize(long asked) throws IOException, RefusedException {
        new Resizing(this).grow(asked);
        disconnect();
    }

    // ---- mirrors' commands ----

    /** Pauses a mirror until {@link #resume} (T3). */
    public void pause(String peer) {
        locked(() -> {
            Mirror mirror = mirror(peer);
            if (mirror.state() == MirrorState.BROKEN) {
                throw new IllegalStateException("the mirror to " + peer + " is broken; continue or resync it");
            }
            save(state.peer(peer, state.peer(peer).stopped(true)));
            mirror.fail(PauseCause.USER, "paused by command");
        });
        path.drain();
    }

    /** Continues a paused or broken mirror (T5, T6). */
    public void resume(String peer) {
        locked(() -> {
            checkServing();
            save(state.peer(peer, state.peer(peer).stopped(false)));
            Mirror mirror = mirror(peer);
            if (mirror.state() == MirrorState.PAUSED || mirror.state() == MirrorState.BROKEN) {
                mirror.resume();
            }
        });
    }

    /** Sends everything anew (T6, T7). */
    public void resync(String peer) {
        breakMirror(peer);
        resume(peer);
    }

    /** Breaks a mirror: changes are no longer tracked (T4). */
    public void breakMirror(String peer) {
        locked(() -> {
            checkServing();
            mirror(peer).breakUp();
        });
        path.drain();
    }

    /** Changes a mirror's tunables, at once. */
    public void settings(String peer, MirrorSettings settings) {
        locked(() -> mirror(peer).settings(settings));
    }

    /** Changes when writes are complete (EMC-103). */
    public void type(String peer, MirrorType type) {
        locked(() -> mirror(peer).type(type));
    }

    /** The controller recorded, where a takeover would look, that the target is not current since that loss (MIR-119). */
    public void recorded(String peer, long number) {
        locked(() -> barrier.recorded(peer, number));
        path.drain();
    }

    /** The right to run lasts until {@code end} on {@link Environment#nanos}; {@link Long#MAX_VALUE}: it is not limited. */
    public void lease(long end) {
        path.lease(end);
    }

    /** Does what has to be done every second or so. */
    public void tick(boolean clean) {
        locked(() -> {
            if (serving()) {
                mirrors.all().forEach(Mirror::watch);
                if (clean) {
                    mirrors.all().forEach(mirror -> mirror.cleaner().clean());
                }
            }
        });
        kick();
        path.drain();
    }

    private void checkServing() {
        if (!serving()) {
            throw new IllegalStateException("the volume " + name + " is not source here");
        }
    }

    Mirror mirror(String peer) {
        return mirrors.get(peer);
    }

    // ---- for mirrors; lock held ----

    /** A target holds what this side holds. */
    void inStep(Mirror mirror, long generation) {
        save(state.peer(mirror.name(), mirror.record().generation(generation).sync(0)));
        mirror.state(MirrorState.MIRRORING, PauseCause.NONE);
        env.log("mirror " + name + " to " + mirror.name() + " in step after "
                + mirror.resync().elapsed() / 1_000_000 + " ms");
        mirror.faults().inStep();
        barrier.done(mirror);
        if (generation != state.generations().current()) {
            mirror.announce(state.generations());
        }
    }

    /** Saves the state. A source that cannot stops: what it promises could not be kept. */
    boolean save(VolumeState now) {
        try {
            store.save(now);
            state = now;
            size = now.size();
            return true;
        } catch (IOException e) {
            trouble = String.valueOf(e.getMessage());
            env.log("ERROR the state of " + name + " cannot be written, changes are refused: " + e);
            env.event("trouble " + name + " state-cannot-be-written");
            path.refuse(BlockRequest.EIO);
            return false;
        }
    }

    // ---- for all; without the lock ----

    void disconnect() {
        clients.disconnect(problem -> env.log("a client of " + name + " could not be disconnected: " + problem));
    }

    int flushLocal() {
        int error = io.flush();
        if (error != 0) {
            // The system tells it once, and an engine that is started again is told nothing.
            locked(() -> {
                if (state.role() == Role.SOURCE && !state.lost()) {
                    save(state.lost(true));
                }
            });
        }
        return error;
    }

    /** Says whether a flush has failed since {@link #renew}, or in an earlier life while this side was source. */
    boolean lost() {
        return io.lost() || state.lost();
    }

    /** A failed flush does not count from here on: what it may have lost is known, or will be written again. */
    void renew() {
        if (io.lost()) {
            // Memory has what storage may not have: nothing that is read counts before it is read anew.
            target.unread();
        }
        io.renew();
    }

    /** Sends what was queued. */
    void kick() {
        for (Mirror mirror : mirrors.all()) {
            Link link = mirror.queue().link();
            if (link != null) {
                link.kick();
            }
        }
    }

    void later(Runnable job) {
        env.run(() -> {
            locked(job);
            path.drain();
        });
    }

    void locked(Runnable job) {
        lock();
        try {
            job.run();
        } finally {
            unlock();
        }
    }

    void lock() {
        lock.lock();
    }

    /** @return false: whoever has the lock did not give it back within that time */
    boolean tryLock(long nanos) throws InterruptedException {
        return lock.tryLock(nanos, TimeUnit.NANOSECONDS);
    }

    void unlock() {
        lock.unlock();
    }

    String self() {
        return self;
    }

    Environment env() {
        return env;
    }

    WritePath path() {
        return path;
    }

    Barrier barrier() {
        return barrier;
    }

    Disk disk() {
        return io.disk();
    }

    /** Returns how many bytes the storage has; the volume may have less. */
    public long room() throws IOException {
        return io.disk().room();
    }

    TargetSide target() {
        return target;
    }

    LogKeeper logs() {
        return logs;
    }

    List<Mirror> mirrors() {
        return mirrors.all();
    }

    String address(String peer) {
        return mirrors.address(peer);
    }

    boolean active() {
        return active;
    }

    void activate() {
        active = true;
    }

    void deactivate() {
        active = false;
    }

    String trouble() {
        return trouble;
    }

    /** Says whether this side is source: clients are served. */
    public boolean serving() {
        return active && state.role() == Role.SOURCE;
    }

    /** Returns the name. */
    public String name() {
        return name;
    }

    /** Returns what is kept of the volume. */
    public VolumeState state() {
        return state;
    }

    /** Returns what may be taken of the volume as target (SNAP-). */
    public Snapshots snapshots() {
        return target.snapshots();
    }

    /** Returns what is to be told about the volume. */
    public VolumeStatus status() {
        lock();
        try {
            return VolumeStatus.of(this);
        } finally {
            unlock();
        }
    }

    /** Takes a connection of a source. @return who gets its frames; null: it was refused, with an answer */
    public LinkHandler accept(Link link, Map<String, String> hello) {
        return target.accept(link, hello);
    }

    // ---- export ----

    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean readOnly() {
        return false;
    }

    @Override
    public boolean manyConnections() {
        return true;
    }

    @Override
    public void submit(BlockRequest[] requests, int count) {
        path.submit(requests, count);
    }

    @Override
    public boolean attach(AutoCloseable client) {
        lock();
        try {
            return serving() && clients.add(client);
        } finally {
            unlock();
        }
    }

    @Override
    public void detach(AutoCloseable client) {
        clients.remove(client);
    }
}
