package org.mainstay.mirror.engine.volume;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** Which blocks of a snapshot are in its file, and who may transfer one. Thread-safe. */
final class SnapshotMap {
    /** Most blocks: the map takes 4 MiB of the engine's small memory then. */
    private static final long MOST_BLOCKS = 1L << 25;

    private static final int DEFAULT_BLOCK = 64 << 10;
    private static final int LARGEST_BLOCK = 1 << 20;
    private static final int SECTOR = 512;
    private static final int STRIPES = 64;
    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(LARGEST_BLOCK).asReadOnlyBuffer();

    private final AtomicLongArray words;
    private final AtomicLong count = new AtomicLong();
    private final ReadWriteLock[] locks = new ReadWriteLock[STRIPES];
    private final int block;

    SnapshotMap(long size, int block) {
        this.block = block;
        this.words = new AtomicLongArray((int) ((blocks(size, block) + 63) / 64));
        for (int i = 0; i < STRIPES; i++) {
            locks[i] = new ReentrantReadWriteLock();
        }
    }

    private static long blocks(long size, long block) {
        return (size + block - 1) / block;
    }

    /**
     * Returns the size of blocks (SNAP-035).
     *
     * @param asked 0: 64 KiB, more for volumes above 2 TiB
     * @throws IllegalArgumentException saying what is allowed
     */
    static int blockSize(long asked, long size) {
        if (asked == 0) {
            int fits = DEFAULT_BLOCK;
            while (blocks(size, fits) > MOST_BLOCKS && fits < LARGEST_BLOCK) {
                fits *= 2;
            }
            return blockSize(fits, size);
        }
        if (asked < SECTOR || asked > LARGEST_BLOCK || asked % SECTOR != 0) {
            throw new IllegalArgumentException("the block size of a snapshot is a multiple of " + SECTOR + ", at most "
                    + LARGEST_BLOCK + ", not " + asked);
        }
        if (blocks(size, asked) > MOST_BLOCKS) {
            throw new IllegalArgumentException("blocks of " + asked + " bytes are too small for a volume of " + size
                    + " bytes: a snapshot has at most " + MOST_BLOCKS);
        }
        return (int) asked;
    }

    static boolean zeros(ByteBuffer data) {
        return data.mismatch(ZEROS.duplicate().limit(data.remaining())) < 0;
    }

    ReadWriteLock lock(long index) {
        return locks[(int) (index % STRIPES)];
    }

    boolean has(long index) {
        return (words.get((int) (index >> 6)) & 1L << (index & 63)) != 0;
    }

    boolean covers(long offset, long length) {
        long last = (offset + length - 1) / block;
        for (long index = offset / block; index <= last; index++) {
            if (!has(index)) {
                return false;
            }
        }
        return true;
    }

    void set(long index) {
        int word = (int) (index >> 6);
        long bit = 1L << (index & 63);
        if ((words.getAndUpdate(word, old -> old | bit) & bit) == 0) {
            count.incrementAndGet();
        }
    }

    long count() {
        return count.get();
    }
}
