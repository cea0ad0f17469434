package org.mainstay.mirror.engine.volume;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.zip.CRC32C;
import org.mainstay.mirror.engine.io.Disk;

/**
 * The persistent record of blocks that may differ between a volume and one target: one bit per 64 KiB (MIR-070 to MIR-077).
 * A bit is on stable storage before the write it announces is issued; it is cleared, lazily, when the write is on stable storage on
 * both sides. Kept in sectors of 512 bytes with a checksum each: a torn or damaged sector means "all of this may differ",
 * never "clean". Thread-safe.
 *
 * <p>Invariant: what {@link #covers} says is set is set on stable storage, and no write under way clears it.
 */
public final class IntentLog implements Closeable {
    /** Bytes of volume per bit. */
    public static final int BLOCK = 64 << 10;

    /** Bytes of the largest volume: the number of a block has 31 bits, and sectors are rounded up. */
    private static final long LARGEST = 127L << 40;

    /** Bitmaps of a mirror that may be neither empty nor full at one time: of the log, the resynchronisation and the cleaner. */
    private static final int BITMAPS = 8;

    private static final int SECTOR = 512;
    /** So many sectors are copied, written and flushed at a time. */
    private static final int ROUND = 1024;

    private static final int HEAD = 8;
    private static final int WORDS = (SECTOR - HEAD) / Long.BYTES;
    private static final int SECTOR_BITS = WORDS * 64;
    private static final long MAGIC = 0x4d53494c4f473031L;

    private final Disk file;
    private long size;
    private int sectors;
    /** The size that the head on storage says. Guarded by {@code writing}. */
    private long head;

    private final Bits durable;
    private final Bits wanted;
    private final BitSet changed = new BitSet();
    private final Object writing = new Object();
    private volatile boolean closed;

    private IntentLog(Disk file, long volumeSize) {
        int bits = blocks(volumeSize);
        this.file = file;
        this.size = volumeSize;
        this.head = volumeSize;
        this.sectors = sectors(volumeSize);
        this.durable = new Bits(bits);
        this.wanted = new Bits(bits);
    }

    /** Returns the number of blocks of a volume; the last may be partial. @throws IllegalArgumentException if it is too large */
    static int blocks(long volumeSize) {
        if (volumeSize > LARGEST) {
            throw new IllegalArgumentException(
                    "a mirrored volume has at most " + (LARGEST >> 40) + " TiB; this one has " + volumeSize + " bytes");
        }
        return (int) ((volumeSize + BLOCK - 1) / BLOCK);
    }

    private static int sectors(long volumeSize) {
        return (int) ((blocks(volumeSize) + (long) SECTOR_BITS - 1) / SECTOR_BITS);
    }

    /**
     * Returns how many bytes of memory the mirror to one target takes at most, beside data on its way.
     *
     * @throws IllegalArgumentException if no volume may be so large
     */
    public static long mostMemory(long volumeSize) {
        return BITMAPS * Bits.mostBytes(blocks(volumeSize));
    }

    /** Returns how large the file of a volume's log is. */
    public static long fileSize(long volumeSize) {
        return SECTOR + (long) sectors(volumeSize) * SECTOR;
    }

    /** Makes a log with all bits clear, durable when this returns. */
    public static IntentLog create(Disk file, long volumeSize) throws IOException {
        IntentLog log = new IntentLog(file, volumeSize);
        log.changed.set(0, log.sectors);
        log.commit();
        file.write(header(volumeSize), 0);
        file.flush();
        return log;
    }

    /** Opens a log. What it does not know of a volume of this size is marked. @throws IOException if it cannot be read or is none */
    public static IntentLog open(Disk file, long volumeSize) throws IOException {
        IntentLog log = new IntentLog(file, volumeSize);
        log.head = volumeSize(file);
        ByteBuffer sector = ByteBuffer.allocateDirect(SECTOR);
        for (int i = 0; i < log.sectors; i++) {
            if (i < sectors(log.head)) {
                sector.clear();
                file.read(sector, SECTOR + (long) i * SECTOR);
                log.load(i, sector.flip());
            }
        }
        log.unknown(log.head);
        return log;
    }

    /** Returns the size of the volume that a log is of. @throws IOException if it cannot be read or is none */
    public static long volumeSize(Disk file) throws IOException {
        ByteBuffer head = ByteBuffer.allocateDirect(SECTOR);
        file.read(head, 0);
        long size = head.flip().getLong(Long.BYTES);
        if (size <= 0 || size > LARGEST || head.mismatch(header(size)) >= 0 || file.room() < fileSize(size)) {
            throw new IOException("this is not the intent log of a volume");
        }
        return size;
    }

    private static ByteBuffer header(long volumeSize) {
        ByteBuffer head = ByteBuffer.allocateDirect(SECTOR);
        head.putLong(MAGIC).putLong(volumeSize).putInt(BLOCK);
        return head.clear();
    }

    private void load(int index, ByteBuffer sector) {
        boolean whole = sector.getInt(0) == checksum(sector, index);
        int first = index * SECTOR_BITS;
        for (int i = 0; i < WORDS; i++) {
            long value = whole ? sector.getLong(HEAD + i * Long.BYTES) : -1L;
            wanted.word((first >>> 6) + i, value);
        }
        // Perhaps it is in the page cache only, and who wrote it died before the flush: no mark counts before it was
        // written again.
        changed.set(index);
    }

    private static int checksum(ByteBuffer sector, int index) {
        CRC32C crc = new CRC32C();
        crc.update(index);
        crc.update(index >>> 8);
        crc.update(index >>> 16);
        crc.update(sector.duplicate().position(Integer.BYTES).limit(SECTOR));
        return (int) crc.getValue();
    }

    /** Marks what is beyond a size. */
    private void unknown(long known) {
        int first = (int) Math.min(known / BLOCK, blocks(size));
        if (known < size) {
            wanted.set(first, blocks(size));
            changed.set(first / SECTOR_BITS, sectors);
        }
    }

    /** The volume has another size; what is new is marked. */
    synchronized void resize(long now) {
        long before = size;
        size = now;
        sectors = sectors(now);
        durable.resize(blocks(now));
        wanted.resize(blocks(now));
        changed.clear(sectors, Math.max(sectors, changed.length()));
        unknown(before);
    }

    /** Says whether all blocks of [from, to) are marked on stable storage. */
    synchronized boolean covers(int from, int to) {
        return durable.all(from, to);
    }

    /** Marks blocks [from, to); they count after the next {@link #commit}. */
    synchronized void mark(int from, int to) {
        int end = Math.min(to, wanted.size());
        if (from < end && !wanted.all(from, end)) {
            wanted.set(from, end);
        }
        changed.set(from / SECTOR_BITS, (Math.max(from, end - 1)) / SECTOR_BITS + 1);
    }

    /** Marks everything. */
    synchronized void markAll() {
        mark(0, wanted.size());
    }

    /** Clears the bits set in {@code clean}; on storage some time later. */
    synchronized void clear(Bits clean) {
        durable.andNot(clean);
        wanted.andNot(clean);
        for (int i = clean.next(0); i >= 0; ) {
            int sector = i / SECTOR_BITS;
            changed.set(sector);
            i = sector + 1 < sectors ? clean.next((sector + 1) * SECTOR_BITS) : -1;
        }
    }

    /** Clears all bits; on storage some time later. */
    synchronized void clearAll() {
        durable.clearAll();
        wanted.clearAll();
        changed.set(0, sectors);
    }

    /** Returns a copy of all marked bits, those not on storage yet included. */
    synchronized Bits marked() {
        return wanted.copy();
    }

    /** Returns the number of marked blocks. */
    synchronized int count() {
        return wanted.count();
    }

    /** Brings all marks made before the call to stable storage. @throws IOException if that failed; then they do not count */
    void commit() throws IOException {
        synchronized (writing) {
            BitSet todo;
            long now;
            synchronized (this) {
                now = size;
                todo = (BitSet) changed.clone();
                changed.clear();
            }
            try {
                if (now < head) {
                    // What is written from here on knows nothing of what was given up.
                    writeHead(now);
                }
                while (!todo.isEmpty()) {
                    int[] round = todo.stream().limit(ROUND).toArray();
                    commit(round);
                    todo.clear(round[0], round[round.length - 1] + 1);
                }
                if (now > head) {
                    // What it did not know is marked on storage.
                    writeHead(now);
                }
            } catch (IOException e) {
                synchronized (this) {
                    changed.or(todo);
                }
                // These sectors are not relied on, and are written again.
                file.renew();
                throw e;
            }
        }
    }

    private void commit(int[] round) throws IOException {
        long[] image = new long[round.length * WORDS];
        synchronized (this) {
            for (int i = 0; i < image.length; i++) {
                int word = round[i / WORDS] * WORDS + i % WORDS;
                image[i] = wanted.word(word);
                // What is about to be cleared on storage is not relied on any more.
                durable.word(word, durable.word(word) & image[i]);
            }
        }
        for (int i = 0; i < round.length; ) {
            i = writeRun(round, i, image);
        }
        file.flush();
        synchronized (this) {
            for (int i = 0; i < image.length; i++) {
                int word = round[i / WORDS] * WORDS + i % WORDS;
                // What is set on storage and still wanted is relied on.
                durable.word(word, durable.word(word) | image[i] & wanted.word(word));
            }
        }
    }

    private void writeHead(long now) throws IOException {
        file.write(header(now), 0);
        file.flush();
        head = now;
    }

    /** Writes neighbouring sectors at once. @return where the next ones begin */
    private int writeRun(int[] round, int first, long[] image) throws IOException {
        int end = first + 1;
        while (end < round.length && end - first < 128 && round[end] == round[end - 1] + 1) {
            end++;
        }
        ByteBuffer out = ByteBuffer.allocateDirect((end - first) * SECTOR);
        for (int i = first; i < end; i++) {
            ByteBuffer sector = out.slice((i - first) * SECTOR, SECTOR);
            for (int word = 0; word < WORDS; word++) {
                sector.putLong(HEAD + word * Long.BYTES, image[i * WORDS + word]);
            }
            sector.putInt(0, checksum(sector, round[i]));
        }
        file.write(out, SECTOR + (long) round[first] * SECTOR);
        return end;
    }

    /** Says whether it takes nothing more: the file is another's, or deleted. */
    boolean closed() {
        return closed;
    }

    @Override
    public void close() throws IOException {
        closed = true;
        file.close();
    }
}
