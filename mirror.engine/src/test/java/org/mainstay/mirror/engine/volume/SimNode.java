package org.mainstay.mirror.engine.volume;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.mainstay.mirror.engine.io.Buffers;
import org.mainstay.mirror.engine.io.Disk;
import org.mainstay.mirror.engine.io.LocalIo;
import org.mainstay.mirror.engine.link.Frame;
import org.mainstay.mirror.engine.link.FrameType;
import org.mainstay.mirror.engine.link.LinkHandler;

/** A machine with one volume: can be killed, lose power and start again. */
class SimNode implements Environment, StateStore {
    final String name;
    /** The name in its certificate; null: connections prove none. */
    String proven;

    final SimDisk disk;
    final SimDisk log;
    Volume volume;
    SimNode peer;
    /** Further sides, with their logs here. */
    private final Map<SimNode, SimDisk> others = new LinkedHashMap<>();

    /** Of the volume when it was made. */
    private final int size;

    private final SimWorld world;
    private final MirrorSettings settings;
    private final MirrorType type;
    private final Buffers buffers = new Buffers(64 << 20);
    private final List<SimLink> links = new ArrayList<>();
    private VolumeState saved;
    private boolean up;
    private long life;
    private boolean logMade;
    /** Whether intent logs are kept. */
    boolean logs = true;

    /** Dies at the so many-th change of a disk or of the state; negative: not. */
    int fuse = -1;

    boolean fusePower;
    /** How long the copy of old blocks takes that are about to be changed, in nanoseconds. */
    int copyNanos;
    /** Whether the target waits for such a copy. */
    private boolean waits;

    private final ArrayDeque<Runnable> received = new ArrayDeque<>();
    /** The machine dies in what it does now, whoever catches that. */
    private boolean dying;
    /** How long a job may wait for the disk or the scheduler, in nanoseconds. */
    int slowness = 60_000_000;
    /** For what waits on threads. */
    boolean realTime;
    /** How long the machine has slept, in nanoseconds. */
    long slept;

    SimNode(SimWorld world, String name, int size, MirrorType type, MirrorSettings settings) {
        this(world, name, size, size, type, settings);
    }

    /** @param most bytes that its storage may come to have */
    SimNode(SimWorld world, String name, int size, int most, MirrorType type, MirrorSettings settings) {
        this.size = size;
        this.world = world;
        this.name = name;
        this.type = type;
        this.settings = settings;
        this.disk = new SimDisk(most);
        this.log = new SimDisk((int) IntentLog.fileSize(most));
    }

    /** The volume has a further side. */
    void also(SimNode other) {
        others.put(other, new SimDisk(log.seen.length));
    }

    boolean up() {
        return up;
    }

    long life() {
        return life;
    }

    boolean lives(long which) {
        return up && life == which;
    }

    private void step() {
        if (fuse > 0 && --fuse == 0) {
            dying = true;
            throw new SimWorld.Crash();
        }
    }

    void start() throws IOException {
        up = true;
        life++;
        fuse = -1;
        dying = false;
        waits = false;
        received.clear();
        disk.opened();
        log.opened();
        disk.hook(this::step);
        log.hook(this::step);
        long mine = life;
        LocalIo io = new LocalIo(
                disk,
                job -> later(mine, 1 + world.random.nextInt(300_000), job),
                text -> world.say(name + " " + text),
                () -> world.now() + world.random.nextInt(400_000));
        volume = new Volume("v", name, this, io, this, size);
        volume.addMirror(peer.name, peer.name, type, settings, opened(log));
        for (Map.Entry<SimNode, SimDisk> other : others.entrySet()) {
            other.getValue().hook(this::step);
            String further = other.getKey().name;
            volume.addMirror(further, further, type, settings, opened(other.getValue()));
        }
        logMade = true;
        tick(mine);
    }

    private IntentLog opened(SimDisk of) throws IOException {
        if (!logs) {
            return null;
        }
        return logMade ? IntentLog.open(of, volume.size()) : IntentLog.create(of, volume.size());
    }

    private SimNode at(String address) {
        return others.keySet().stream()
                .filter(other -> other.name.equals(address))
                .findFirst()
                .orElse(peer);
    }

    private void tick(long mine) {
        later(mine, 1_000_000 + world.random.nextInt(40_000_000), () -> {
            volume.tick(world.random.nextInt(3) == 0);
            tick(mine);
        });
    }

    private void later(long mine, long nanos, Runnable job) {
        world.at(nanos, () -> exec(mine, job));
    }

    /** Returns the state of the mirror to the peer. */
    MirrorState state() {
        return volume.mirror(peer.name).state();
    }

    PauseCause cause() {
        return volume.mirror(peer.name).cause();
    }

    /** Asks it to be source. @return whether it is, and lives */
    boolean tryStart(long epoch, Trust trust) {
        boolean[] done = new boolean[1];
        exec(life, () -> {
            try {
                volume.startSource(epoch, trust);
                done[0] = true;
            } catch (RefusedException e) {
                world.say(name + " refuses: " + e.getMessage());
            }
        });
        return done[0] && up();
    }

    /** Makes it target, which it must not refuse. */
    void target(long epoch, String source, boolean discard) {
        exec(life, () -> {
            try {
                volume.startTarget(epoch, source, discard);
            } catch (RefusedException e) {
                throw new AssertionError(e);
            }
        });
    }

    /** Runs a job of the machine, unless it has died since; it may die in it. */
    void exec(long mine, Runnable job) {
        if (!lives(mine)) {
            return;
        }
        try {
            job.run();
        } catch (SimWorld.Crash e) {
            if (lives(mine)) {
                crash(fusePower);
            }
        }
    }

    /** As {@link #exec}, for what comes by a connection: nothing is taken of it while the target waits for a copy. */
    void receive(long mine, Runnable job) {
        if (waits && lives(mine)) {
            received.addLast(job);
        } else {
            exec(mine, job);
        }
    }

    /** Copies an old block, in the time that takes; everything else goes on meanwhile. */
    private void copied(long mine, Runnable copying) {
        if (copyNanos > 0) {
            waits = true;
            world.runNanos(copyNanos);
            world.at(0, () -> takeUp(mine));
        }
        if (lives(mine)) {
            copying.run();
        }
        if (dying || !lives(mine)) {
            throw new SimWorld.Crash();
        }
    }

    private void takeUp(long mine) {
        if (lives(mine)) {
            waits = false;
            while (!waits && !received.isEmpty()) {
                exec(mine, received.pollFirst());
            }
        }
    }

    void crash(boolean power) {
        world.say(name + (power ? " loses power" : " is killed"));
        up = false;
        volume = null;
        disk.hook(() -> {});
        log.hook(() -> {});
        others.values().forEach(other -> other.hook(() -> {}));
        if (power) {
            disk.powerLoss(world.random);
            log.powerLoss(world.random);
            others.values().forEach(other -> other.powerLoss(world.random));
        }
        new ArrayList<>(links).forEach(link -> link.died(!power));
        links.clear();
    }

    /** It is another machine, on which the volume was never used. */
    void forget() {
        saved = null;
        logMade = false;
    }

    void forget(SimLink link) {
        links.remove(link);
    }

    void healed() {
        new ArrayList<>(links).forEach(SimLink::healed);
    }

    // ---- environment ----

    @Override
    public void run(Runnable job) {
        // Now and then the disk, or the scheduler, is slow.
        int most = world.random.nextInt(8) == 0 ? slowness : 200_000;
        later(life, world.random.nextInt(most), job);
    }

    @Override
    public void after(long millis, Runnable job) {
        later(life, millis * 1_000_000, job);
    }

    @Override
    public long nanos() {
        if (realTime) {
            return System.nanoTime();
        }
        return world.now() - slept;
    }

    @Override
    public long bootNanos() {
        return world.now();
    }

    @Override
    public long newGeneration() {
        long id = world.random.nextLong();
        return id == 0 ? 1 : id;
    }

    /** Volumes here are small. */
    int extent = MarkAhead.EXTENT;

    @Override
    public int markExtent() {
        return extent;
    }

    @Override
    public Buffers buffers() {
        return buffers;
    }

    @Override
    public void dial(String address, LinkHandler handler, Dialed connected) {
        long mine = life;
        later(mine, 100_000 + world.random.nextInt(2_000_000), () -> {
            SimNode there = at(address);
            if (world.partitioned || !there.up()) {
                connected.done(null, "no answer");
                return;
            }
            SimLink near = SimLink.pair(world, this, there);
            near.handler = handler;
            links.add(near);
            there.accept(near.far());
            connected.done(near, null);
        });
    }

    void accept(SimLink link) {
        links.add(link);
        link.handler = new LinkHandler() {
            @Override
            public void received(org.mainstay.mirror.engine.link.Link from, Frame frame) {
                Map<String, String> hello = frame.text();
                LinkHandler next = frame.type() == FrameType.HELLO ? volume.accept(from, hello) : null;
                if (next == null) {
                    world.at(1_000_000, () -> link.close("refused"));
                } else {
                    link.handler = next;
                }
            }

            @Override
            public void received(org.mainstay.mirror.engine.link.Link from) {}

            @Override
            public void closed(org.mainstay.mirror.engine.link.Link from, String why) {}
        };
    }

    @Override
    public void log(String line) {
        world.say(name + ": " + line);
    }

    @Override
    public void event(String line) {
        world.say(name + "! " + line);
        events.accept(line);
    }

    // ---- snapshots ----

    /** Told of every event. */
    java.util.function.Consumer<String> events = line -> {};

    /** Returns room for a snapshot in this life of the machine, which may die in each change of the file. */
    SnapshotRoom room(SimDisk file) {
        long mine = life;
        file.hook(this::step);
        return new SnapshotRoom() {
            @Override
            public Disk file() {
                return file;
            }

            @Override
            public Executor copier() {
                return job -> copied(mine, job);
            }

            @Override
            public Executor clients() {
                return job -> later(mine, 1 + world.random.nextInt(3_000_000), job);
            }

            @Override
            public void close() {
                file.close();
                closedRooms++;
            }
        };
    }

    /** How many rooms of snapshots were given back. */
    int closedRooms;

    // ---- state ----

    @Override
    public VolumeState load() {
        return saved;
    }

    @Override
    public void save(VolumeState now) {
        step();
        // Through its text, as on disk.
        saved = VolumeState.fromLines(now.toLines());
        step();
    }
}
