package org.mainstay.mirror.engine.volume;

import java.util.Arrays;

/**
 * A number of bits and how many are set. Takes memory for those parts only in which some are set and some are not: a large
 * volume has several of these for each target. Not thread-safe.
 */
final class Bits {
    private static final int CHUNK_SHIFT = 12;
    private static final int CHUNK = 1 << CHUNK_SHIFT;
    private static final int CHUNK_WORDS = CHUNK >>> 6;
    /** In place of each part of which all bits are set; never written. A part of which none is set is null. */
    private static final long[] ALL = new long[CHUNK_WORDS];

    /** What a part with its own memory takes: words, their header, reference and count. */
    private static final int CHUNK_BYTES = CHUNK_WORDS * Long.BYTES + 16 + Integer.BYTES + Short.BYTES;

    static {
        Arrays.fill(ALL, -1L);
    }

    private long[][] chunks;
    /** How many are set in each part. */
    private short[] counts;

    private int size;
    private int count;

    /** @param size at most 127 << 24 */
    Bits(int size) {
        this.size = size;
        this.chunks = new long[parts(size)][];
        this.counts = new short[parts(size)];
    }

    private static int parts(int size) {
        return (int) ((size + (long) CHUNK - 1) >>> CHUNK_SHIFT);
    }

    /** Changes how many bits there are; new ones are clear. */
    void resize(int now) {
        for (int chunk = parts(now); chunk < chunks.length; chunk++) {
            put(chunk, null, 0);
        }
        chunks = Arrays.copyOf(chunks, parts(now));
        counts = Arrays.copyOf(counts, parts(now));
        size = now;
        int last = chunks.length - 1;
        if (last >= 0 && counts[last] > 0) {
            put(last, trimmed(own(last), last));
        }
    }

    /** Clears what is beyond the end. */
    private long[] trimmed(long[] words, int chunk) {
        int bits = sizeOf(chunk);
        if (bits < CHUNK) {
            words[bits >>> 6] &= (1L << bits) - 1;
            Arrays.fill(words, (bits >>> 6) + 1, CHUNK_WORDS, 0);
        }
        return words;
    }

    private void put(int chunk, long[] words) {
        int total = 0;
        for (long word : words) {
            total += Long.bitCount(word);
        }
        put(chunk, words, total);
    }

    /** Returns how many bytes so many bits take at most. */
    static long mostBytes(long size) {
        return ((size + CHUNK - 1) >>> CHUNK_SHIFT) * CHUNK_BYTES;
    }

    /** Returns how many bytes are taken for parts of which some bits are set and some are not. */
    long bytes() {
        long parts = 0;
        for (long[] chunk : chunks) {
            parts += chunk != null && chunk != ALL ? 1 : 0;
        }
        return parts * CHUNK_BYTES;
    }

    int size() {
        return size;
    }

    int count() {
        return count;
    }

    private int sizeOf(int chunk) {
        return Math.min(CHUNK, size - (chunk << CHUNK_SHIFT));
    }

    boolean get(int bit) {
        long[] words = chunks[bit >>> CHUNK_SHIFT];
        return words != null && (words[bit >>> 6 & CHUNK_WORDS - 1] >>> bit & 1) != 0;
    }

    /** Says whether all of [from, to) are set. */
    boolean all(int from, int to) {
        for (int at = from; at < to; ) {
            int chunk = at >>> CHUNK_SHIFT;
            int end = end(chunk, to);
            if (counts[chunk] != sizeOf(chunk) && !within(chunks[chunk], at, end)) {
                return false;
            }
            at = end;
        }
        return true;
    }

    /** Returns where the part ends, or {@code to} if that is before. */
    private static int end(int chunk, int to) {
        return (int) Math.min(to, (chunk + 1L) << CHUNK_SHIFT);
    }

    private static boolean within(long[] words, int from, int end) {
        for (int i = from; words != null && i < end; i = (i | 63) + 1) {
            long mask = mask(i, end);
            if ((words[i >>> 6 & CHUNK_WORDS - 1] & mask) != mask) {
                return false;
            }
        }
        return words != null;
    }

    /** Returns the bits of the word of {@code from} that are in [from, end). */
    private static long mask(int from, int end) {
        long mask = -1L << from;
        return end - (from & ~63) < 64 ? mask & (1L << end) - 1 : mask;
    }

    void set(int from, int to) {
        for (int at = from; at < to; ) {
            int chunk = at >>> CHUNK_SHIFT;
            int end = end(chunk, to);
            if (counts[chunk] != sizeOf(chunk)) {
                if (end - at == CHUNK) {
                    put(chunk, ALL, CHUNK);
                } else {
                    set(chunk, at, end);
                }
            }
            at = end;
        }
    }

    private void set(int chunk, int from, int end) {
        long[] words = chunks[chunk];
        if (words == null) {
            words = new long[CHUNK_WORDS];
        }
        int added = 0;
        for (int i = from; i < end; i = (i | 63) + 1) {
            int index = i >>> 6 & CHUNK_WORDS - 1;
            long mask = mask(i, end);
            added += Long.bitCount(mask & ~words[index]);
            words[index] |= mask;
        }
        put(chunk, words, counts[chunk] + added);
    }

    void set(int bit) {
        set(bit, bit + 1);
    }

    void clear(int bit) {
        int chunk = bit >>> CHUNK_SHIFT;
        long mask = 1L << bit;
        int index = bit >>> 6 & CHUNK_WORDS - 1;
        if (counts[chunk] > 0 && (chunks[chunk][index] & mask) != 0) {
            long[] words = own(chunk);
            words[index] &= ~mask;
            put(chunk, words, counts[chunk] - 1);
        }
    }

    private long[] own(int chunk) {
        return chunks[chunk] == ALL ? ALL.clone() : chunks[chunk];
    }

    /** Keeps a part, with as little memory as its number of bits allows. */
    private void put(int chunk, long[] words, int now) {
        count += now - counts[chunk];
        counts[chunk] = (short) now;
        chunks[chunk] = now == 0 ? null : now == CHUNK ? ALL : words;
    }

    void setAll() {
        set(0, size);
    }

    void clearAll() {
        Arrays.fill(chunks, null);
        Arrays.fill(counts, (short) 0);
        count = 0;
    }

    /** Sets what {@code other}, which may be of another size, has set. */
    void or(Bits other) {
        for (int i = 0; i < Math.min(chunks.length, other.chunks.length); i++) {
            if (other.counts[i] == 0 || counts[i] == sizeOf(i)) {
                continue;
            }
            long[] words = chunks[i] == null ? new long[CHUNK_WORDS] : own(i);
            for (int j = 0; j < CHUNK_WORDS; j++) {
                words[j] |= other.chunks[i][j];
            }
            put(i, trimmed(words, i));
        }
    }

    /** Clears what {@code other}, which may be of another size, has set. */
    void andNot(Bits other) {
        for (int i = 0; i < Math.min(chunks.length, other.chunks.length); i++) {
            if (other.counts[i] == 0 || counts[i] == 0) {
                continue;
            }
            long[] words = own(i);
            for (int j = 0; j < CHUNK_WORDS; j++) {
                words[j] &= ~other.chunks[i][j];
            }
            put(i, words);
        }
    }

    Bits copy() {
        Bits copy = new Bits(size);
        copy.or(this);
        return copy;
    }

    /** Returns the first set bit at or after {@code from}, -1 if there is none. */
    int next(int from) {
        int at = from;
        while (at >= 0 && at < size) {
            int chunk = at >>> CHUNK_SHIFT;
            if (counts[chunk] != 0) {
                for (int index = at >>> 6 & CHUNK_WORDS - 1; index < CHUNK_WORDS; index++) {
                    long word = chunks[chunk][index] & -1L << at;
                    if (word != 0) {
                        return (chunk << CHUNK_SHIFT) + (index << 6) + Long.numberOfTrailingZeros(word);
                    }
                    at = (at | 63) + 1;
                }
            }
            // Beyond the largest number of bits this is negative, which ends it.
            at = (chunk + 1) << CHUNK_SHIFT;
        }
        return -1;
    }

    long word(int index) {
        int chunk = index / CHUNK_WORDS;
        return chunk < chunks.length && chunks[chunk] != null ? chunks[chunk][index % CHUNK_WORDS] : 0;
    }

    /** Replaces 64 bits; those beyond the size are ignored. */
    void word(int index, long value) {
        int chunk = index / CHUNK_WORDS;
        int tail = size - (index << 6);
        if (chunk >= chunks.length || tail <= 0) {
            return;
        }
        long kept = tail >= 64 ? value : value & (1L << tail) - 1;
        long before = word(index);
        if (kept != before) {
            long[] words = chunks[chunk] == null ? new long[CHUNK_WORDS] : own(chunk);
            words[index % CHUNK_WORDS] = kept;
            put(chunk, words, counts[chunk] + Long.bitCount(kept) - Long.bitCount(before));
        }
    }
}
