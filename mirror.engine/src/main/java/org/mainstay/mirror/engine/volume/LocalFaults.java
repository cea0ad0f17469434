package org.mainstay.mirror.engine.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;
import org.mainstay.mirror.engine.link.Link;

/**
 * What one mirror does when the source's own disk fails (MIR-300). A target that holds everything answered keeps that: a change that
 * failed here only goes to it all the same, and its block is sent once it can be read; no resynchronisation begins that this disk
 * would not end. Lock held, but for {@link #unreadable}.
 */
final class LocalFaults {
    /** So many blocks are read before each resynchronisation: they were written lately, so most are in memory. */
    private static final int FEW = 1024;

    private static final int RUN = 16;

    private final Volume volume;
    private final Mirror mirror;
    /** What may differ on the target while changes go through the queue: they failed here. */
    private final Bits blocks;

    /** Whether the disk has failed since the target was last in step. */
    private boolean suspect;
    /** The block that could not be read last; it is tried first. */
    private volatile int bad;

    private boolean sending;
    /** Where to go on. */
    private int next;

    private int told = -1;

    LocalFaults(Volume volume, Mirror mirror) {
        this.volume = volume;
        this.mirror = mirror;
        this.blocks = new Bits(IntentLog.blocks(volume.size()));
    }

    /** Returns the blocks whose marks must stay. */
    Bits blocks() {
        return blocks;
    }

    /** A change failed here: the sides may differ there. */
    void failed(int first, int end) {
        suspect = true;
        (mirror.replicates() ? blocks : mirror.dirty()).set(first, end);
    }

    /** A block could not be read. */
    void unreadable(int block) {
        suspect = true;
        bad = block;
    }

    void inStep() {
        suspect = blocks.count() > 0;
    }

    /** Changes no longer go through the queue. */
    void left() {
        mirror.dirty().or(blocks);
        blocks.clearAll();
    }

    // ---- in step: sends what differs, in the order of changes ----

    void tick() {
        if (blocks.count() == 0
                || sending
                || !mirror.replicates()
                || volume.path().refuses()
                || mirror.queue().blocks() >= mirror.settings().get("ResyncReads")) {
            return;
        }
        int after = blocks.next(next);
        int block = after < 0 ? blocks.next(0) : after;
        // One that cannot be read keeps no other from being sent.
        next = block + 1;
        long from = (long) block * IntentLog.BLOCK;
        long to = Math.min(from + IntentLog.BLOCK, volume.size());
        if (volume.path().busy(from, to)) {
            return;
        }
        int length = (int) (to - from);
        // Nobody waits for memory here: those who have it may wait for the block.
        ByteBuffer data = volume.env().buffers().tryTake(length);
        if (data == null) {
            return;
        }
        // Changes of the block wait, so that what is read is what its last one left.
        WriteOp claim = volume.path().claim(from, to);
        Link link = mirror.queue().link();
        sending = true;
        volume.env().run(() -> send(block, claim, link, data.limit(length)));
    }

    private void send(int block, WriteOp claim, Link link, ByteBuffer data) {
        int length = data.limit();
        boolean read = false;
        try {
            volume.disk().read(data.duplicate(), claim.offset);
            read = true;
        } catch (IOException e) {
            if (told != block) {
                told = block;
                volume.env().log("block " + block + " of " + volume.name() + " cannot be read: " + e.getMessage());
            }
        }
        boolean sent = false;
        volume.lock();
        try {
            sending = false;
            volume.path().release(claim);
            // What was handed over does not change any more.
            boolean open = link == mirror.queue().link()
                    && mirror.replicates()
                    && !volume.path().refuses();
            if (read && open && blocks.get(block)) {
                blocks.clear(block);
                mirror.sends(block);
                mirror.queue()
                        .blocks(claim.offset, length, 1, data, volume.env().nanos());
                sent = true;
                tick();
            }
        } finally {
            volume.unlock();
            if (!sent) {
                volume.env().buffers().give(data);
            }
        }
        volume.kick();
        volume.path().drain();
    }

    // ---- before a resynchronisation ----

    /**
     * Returns the blocks to be read before the target's data becomes a mixture; null: none.
     *
     * @param full whether all will be sent
     */
    Bits toRead(boolean full) {
        if (!suspect && (full || mirror.dirty().count() > FEW)) {
            return null;
        }
        Bits all = mirror.dirty().copy();
        if (full) {
            all.setAll();
        }
        return all;
    }

    /** Reads blocks. Without the lock. @return why one cannot be read, null if all can or nobody needs it any more */
    String unreadable(Bits wanted, BooleanSupplier over) {
        int first = bad;
        if (first < wanted.size() && wanted.get(first)) {
            String why = read(first, 1);
            if (why != null) {
                return why;
            }
        }
        for (int at = wanted.next(0); at >= 0 && !over.getAsBoolean(); ) {
            int end = at + 1;
            while (end < wanted.size() && end - at < RUN && wanted.get(end)) {
                end++;
            }
            String why = read(at, end - at);
            if (why != null) {
                return why;
            }
            at = wanted.next(end);
        }
        return null;
    }

    private String read(int first, int count) {
        long from = (long) first * IntentLog.BLOCK;
        int length = (int) Math.min((long) count * IntentLog.BLOCK, volume.size() - from);
        ByteBuffer data = volume.env().buffers().take(length).limit(length);
        try {
            volume.disk().read(data.duplicate(), from);
            return null;
        } catch (IOException e) {
            if (count > 1) {
                for (int i = first; i < first + count; i++) {
                    String why = read(i, 1);
                    if (why != null) {
                        return why;
                    }
                }
                return null;
            }
            bad = first;
            return "block " + first + " cannot be read, so the target keeps the data it has: " + e.getMessage();
        } finally {
            volume.env().buffers().give(data);
        }
    }
}
