package org.mainstay.mirror.engine.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.function.Consumer;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.io.Disk;
import org.mainstay.mirror.engine.io.Export;

/**
 * A target as it was at one moment, to read and to write, while the target goes on (SNAP-001). A block that the source changes is copied
 * first (SNAP-030); what clients write is kept with the copies and never on the volume (SNAP-032). Lives in this process only.
 *
 * <p>Invariants: a block is in the file from before it changes on the volume; who reads a block from the volume holds its lock until
 * he has it, so that it cannot change meanwhile; what was read when the snapshot had ended is not answered. Whatever goes wrong ends the
 * snapshot, never the replication (SNAP-054).
 */
final class Snapshot implements Export {
    /** A client's transfer that takes longer hangs. */
    private static final long HANGS_NANOS = TimeUnit.SECONDS.toNanos(30);

    private static final String TOO_LONG =
            "keeping old blocks took too long: its file or the volume is too slow for what the source changes, or hangs";

    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final String id;
    private final Disk volume;
    private final long size;
    private final SnapshotRoom room;
    private final Environment env;
    private final Consumer<String> broken;
    private final SnapshotMap map;
    private final int block;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final Clients clients = new Clients();
    private final ConcurrentLinkedQueue<BlockRequest> pending = new ConcurrentLinkedQueue<>();
    private final Map<BlockRequest, Long> running = new ConcurrentHashMap<>();
    private final AtomicLong bytes = new AtomicLong();

    /**
     * @param id names it in its export
     * @param volume what it is of
     * @param size bytes of that
     * @param block unit of copying in bytes
     * @param broken told once, by any thread, why it ended by itself
     */
    Snapshot(
            String id, Disk volume, long size, SnapshotRoom room, int block, Environment env, Consumer<String> broken) {
        this.id = id;
        this.volume = volume;
        this.size = size;
        this.room = room;
        this.block = block;
        this.env = env;
        this.broken = broken;
        this.map = new SnapshotMap(size, block);
    }

    String id() {
        return id;
    }

    int block() {
        return block;
    }

    /** Returns how many blocks are in the file, and how much of it is used. */
    long blocks() {
        return map.count();
    }

    long bytes() {
        return bytes.get();
    }

    boolean lives() {
        return !ended.get();
    }

    // ---- the target's changes ----

    /**
     * Keeps what is about to be changed. Called by the one thread that changes the volume, before it does. Does not fail: a snapshot that
     * cannot keep up ends.
     *
     * @param held how long that may take
     * @return false: it is not kept, and must not be changed, as the connection that wants to is over
     */
    boolean preserve(long offset, long length, HoldUp held) {
        if (length <= 0 || !lives() || map.covers(offset, length)) {
            return true;
        }
        FutureTask<Void> copying = new FutureTask<>(() -> copy(offset, length), null);
        long begin = env.nanos();
        try {
            room.copier().execute(copying);
            await(copying, begin, held);
        } catch (RejectedExecutionException e) {
            // It has just ended.
            end("it was dropped");
        } catch (RuntimeException | OutOfMemoryError e) {
            end("a defect: " + e);
        }
        held.spend(env.nanos() - begin);
        if (held.tooLong(0)) {
            end(TOO_LONG);
        }
        held.alive();
        return !lives() || copying.isDone();
    }

    private void await(FutureTask<Void> copying, long begin, HoldUp held) {
        // What goes on being copied when the connection is over harms nobody.
        while (lives() && !held.over()) {
            try {
                copying.get(Math.min(LOOK_NANOS, held.most()), TimeUnit.NANOSECONDS);
                return;
            } catch (TimeoutException e) {
                held.alive();
                if (held.tooLong(env.nanos() - begin)) {
                    end(TOO_LONG);
                }
            } catch (ExecutionException e) {
                // Errors too: no memory for a copy is no reason to give the source up.
                end("a defect: " + e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                end("the thread of the target was interrupted");
            }
        }
    }

    private void copy(long offset, long length) {
        long last = (offset + length - 1) / block;
        for (long index = offset / block; index <= last && lives(); index++) {
            if (map.has(index)) {
                continue;
            }
            Lock lock = map.lock(index).writeLock();
            lock.lock();
            try {
                fill(index);
            } catch (IOException e) {
                end("an old block cannot be kept: " + e.getMessage());
            } finally {
                lock.unlock();
            }
        }
    }

    /** Copies a block unless that was done. Its lock is held. */
    private void fill(long index) throws IOException {
        if (map.has(index)) {
            return;
        }
        long from = index * block;
        int length = (int) Math.min(block, size - from);
        ByteBuffer data = env.buffers().takeBeyond(length);
        try {
            data.limit(length);
            volume.read(data, from);
            data.flip();
            if (!SnapshotMap.zeros(data)) {
                room.file().write(data, from);
                bytes.addAndGet(length);
            }
            map.set(index);
        } finally {
            env.buffers().give(data);
        }
    }

    // ---- clients ----

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
    public boolean lesser() {
        return true;
    }

    @Override
    public boolean attach(AutoCloseable client) {
        boolean added = lives() && clients.add(client);
        if (added && !lives()) {
            clients.remove(client);
            return false;
        }
        return added;
    }

    @Override
    public void detach(AutoCloseable client) {
        clients.remove(client);
    }

    @Override
    public void submit(BlockRequest[] requests, int count) {
        for (int i = 0; i < count; i++) {
            requests[i].keepData();
            pending.add(requests[i]);
        }
        try {
            for (int i = 0; i < count; i++) {
                room.clients().execute(this::serve);
            }
        } catch (RejectedExecutionException e) {
            refusePending();
        }
        if (!lives()) {
            refusePending();
        }
    }

    private void refusePending() {
        for (BlockRequest request = pending.poll(); request != null; request = pending.poll()) {
            request.complete(BlockRequest.ESHUTDOWN);
        }
    }

    private void serve() {
        BlockRequest request = pending.poll();
        if (request == null) {
            return;
        }
        running.put(request, env.nanos());
        int error = BlockRequest.EIO;
        try {
            error = lives() ? execute(request) : BlockRequest.ESHUTDOWN;
        } finally {
            running.remove(request);
            // What was read after it had ended may be newer than the snapshot.
            request.complete(lives() ? error : BlockRequest.ESHUTDOWN);
        }
    }

    private int execute(BlockRequest request) {
        if (request.kind() == BlockRequest.Kind.FLUSH || request.kind() == BlockRequest.Kind.TRIM) {
            // Nothing of a snapshot is promised to survive.
            return BlockRequest.OK;
        }
        ByteBuffer data = request.kind() == BlockRequest.Kind.ZERO ? null : request.data();
        int start = data == null ? 0 : data.position();
        for (long at = request.offset(); at < request.end(); ) {
            long next = Math.min(request.end(), (at / block + 1) * block);
            int done = start + (int) (at - request.offset());
            ByteBuffer part = data == null
                    ? null
                    : data.duplicate().limit(done + (int) (next - at)).position(done);
            int error = request.kind() == BlockRequest.Kind.READ ? read(at, part) : change(at, (int) (next - at), part);
            if (error != BlockRequest.OK) {
                return error;
            }
            at = next;
        }
        return BlockRequest.OK;
    }

    private int read(long offset, ByteBuffer target) {
        long index = offset / block;
        Lock lock = map.lock(index).readLock();
        lock.lock();
        boolean kept = map.has(index);
        try {
            (kept ? room.file() : volume).read(target, offset);
            return BlockRequest.OK;
        } catch (IOException e) {
            if (kept) {
                end("its file cannot be read: " + e.getMessage());
            }
            return BlockRequest.EIO;
        } finally {
            lock.unlock();
        }
    }

    /** @param source null: zeros */
    private int change(long offset, int length, ByteBuffer source) {
        long index = offset / block;
        Lock lock = map.lock(index).writeLock();
        lock.lock();
        try {
            boolean whole = offset % block == 0 && length == Math.min(block, size - offset);
            boolean fresh = !map.has(index);
            if (fresh && !whole) {
                fill(index);
                fresh = false;
            }
            if (source != null) {
                room.file().write(source, offset);
                bytes.addAndGet(fresh ? length : 0);
            } else if (!fresh) {
                // What is not in the file reads as zeros already.
                room.file().zero(offset, length, false);
            }
            map.set(index);
            return BlockRequest.OK;
        } catch (IOException e) {
            end("a block cannot be written to its file: " + e.getMessage());
            return BlockRequest.EIO;
        } finally {
            lock.unlock();
        }
    }

    // ---- its end ----

    /** Ends a snapshot whose file hangs. */
    void watch() {
        long now = env.nanos();
        if (running.values().stream().anyMatch(begun -> now - begun > HANGS_NANOS)) {
            end("a client's transfer takes too long: its file or the volume hangs");
        }
    }

    private void end(String why) {
        if (ended.compareAndSet(false, true)) {
            broken.accept(why);
        }
    }

    /** Ends it at once: nothing is copied or answered any more. @return false: it had ended */
    boolean drop() {
        return ended.compareAndSet(false, true);
    }

    /** Disconnects its clients and gives its room back, after it has ended. May wait for a disk that hangs. */
    void clear() {
        refusePending();
        clients.disconnect(problem -> env.log("a client of a snapshot could not be disconnected: " + problem));
        try {
            room.close();
        } catch (IOException e) {
            env.log("the file of the snapshot " + id + " could not be closed: " + e.getMessage());
        }
    }
}
