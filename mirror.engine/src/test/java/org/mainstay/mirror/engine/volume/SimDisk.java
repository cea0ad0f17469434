package org.mainstay.mirror.engine.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.mainstay.mirror.engine.io.Disk;

/** A disk whose unflushed sectors are lost, each or not, when the power fails. */
final class SimDisk implements Disk {
    private static final int SECTOR = 512;

    private record Write(int offset, byte[] data) {}

    final byte[] seen;
    private byte[] durable;
    private final List<Write> unflushed = new ArrayList<>();
    private Runnable before = () -> {};
    /** When a flush begins. */
    Runnable flushing = () -> {};
    /** The device takes nothing. */
    boolean failing;
    /** How much of it there is: it may be made larger, or smaller. */
    int room;
    /** The device cannot read where this says so. */
    java.util.function.LongPredicate unreadable = offset -> false;
    /** Flushes fail. */
    boolean losing;
    /** How many flushes failed. */
    int losses;
    /** A flush failed: all do until {@link #renew}. */
    private boolean lost;

    SimDisk(int size) {
        seen = new byte[size];
        durable = new byte[size];
        room = size;
    }

    /** @param hook run before and in the middle of every change; may throw a crash */
    void hook(Runnable hook) {
        before = hook;
    }

    @Override
    public long size() {
        return room;
    }

    /** Nothing was ever written from there on: who knows what is there. */
    void garbage(int from, long value) {
        for (int at = from; at + Long.BYTES <= seen.length; at += Long.BYTES) {
            ByteBuffer.wrap(seen).putLong(at, value);
        }
        System.arraycopy(seen, from, durable, from, seen.length - from);
    }

    /** It holds that, on stable storage. */
    void become(byte[] data) {
        System.arraycopy(data, 0, seen, 0, data.length);
        durable = seen.clone();
        unflushed.clear();
    }

    @Override
    public void read(ByteBuffer target, long offset) throws IOException {
        for (long at = offset; at < offset + target.remaining(); at += SECTOR) {
            if (unreadable.test(at)) {
                throw new IOException("a simulated failure at " + at);
            }
        }
        target.put(seen, (int) offset, target.remaining());
    }

    @Override
    public void write(ByteBuffer source, long offset) throws IOException {
        if (failing) {
            throw new IOException("a simulated failure");
        }
        byte[] data = new byte[source.remaining()];
        source.get(data);
        before.run();
        // The process may die when part of it has reached the page cache.
        int half = data.length / 2 / SECTOR * SECTOR;
        put((int) offset, java.util.Arrays.copyOf(data, half));
        before.run();
        put((int) offset + half, java.util.Arrays.copyOfRange(data, half, data.length));
    }

    private void put(int offset, byte[] data) {
        if (data.length > 0) {
            System.arraycopy(data, 0, seen, offset, data.length);
            unflushed.add(new Write(offset, data));
        }
    }

    @Override
    public void zero(long offset, long length, boolean allocated) {
        before.run();
        put((int) offset, new byte[(int) length]);
    }

    @Override
    public void trim(long offset, long length) {
        before.run();
    }

    @Override
    public void flush() throws IOException {
        flushing.run();
        before.run();
        if (losing) {
            // As Linux does: what could not be written counts as written, and only memory has it.
            lost = true;
            losses++;
            unflushed.clear();
        }
        if (lost) {
            throw new IOException("a simulated failure");
        }
        keep(durable);
        unflushed.clear();
        before.run();
    }

    boolean lost() {
        return lost;
    }

    private void keep(byte[] storage) {
        unflushed.forEach(write -> System.arraycopy(write.data, 0, storage, write.offset, write.data.length));
    }

    @Override
    public void renew() {
        lost = false;
    }

    @Override
    public boolean reread() {
        System.arraycopy(durable, 0, seen, 0, seen.length);
        keep(seen);
        return true;
    }

    /** Another process opens it: memory has what it had, and of a failed flush nobody knows. */
    void opened() {
        lost = false;
    }

    /** Returns what is on stable storage. */
    byte[] durable() {
        return durable.clone();
    }

    /** Returns the blocks of 64 KiB that power loss would damage. */
    Bits unflushed() {
        Bits blocks = new Bits(IntentLog.blocks(seen.length));
        unflushed.forEach(write -> blocks.set(
                write.offset / IntentLog.BLOCK, (write.offset + write.data.length - 1) / IntentLog.BLOCK + 1));
        return blocks;
    }

    /** Loses what was not flushed, sector by sector, or not. */
    void powerLoss(Random random) {
        int chance = random.nextInt(101);
        for (Write write : unflushed) {
            for (int at = 0; at < write.data.length; at += SECTOR) {
                if (random.nextInt(100) < chance) {
                    int part = Math.min(SECTOR, write.data.length - at);
                    System.arraycopy(write.data, at, durable, write.offset + at, part);
                }
            }
        }
        unflushed.clear();
        System.arraycopy(durable, 0, seen, 0, seen.length);
    }

    @Override
    public void close() {
        before = () -> {};
    }
}
