package org.mainstay.mirror.engine.volume;

import java.util.Arrays;

/** A number of bits and how many are set. Not thread-safe. */
final class Bits {
    private long[] words;
    private int size;
    private int count;

    Bits(int size) {
        this.size = size;
        this.words = new long[(size + 63) >>> 6];
    }

    int size() {
        return size;
    }

    int count() {
        return count;
    }

    /** Changes how many bits there are; new ones are clear. */
    void resize(int now) {
        words = Arrays.copyOf(words, (now + 63) >>> 6);
        size = now;
        trim();
    }

    /** Bits beyond the end are none. */
    private void trim() {
        if ((size & 63) != 0) {
            words[words.length - 1] &= (1L << size) - 1;
        }
        int total = 0;
        for (long word : words) {
            total += Long.bitCount(word);
        }
        count = total;
    }

    boolean get(int bit) {
        return (words[bit >>> 6] >>> bit & 1) != 0;
    }

    /** Says whether all of [from, to) are set. */
    boolean all(int from, int to) {
        for (int i = from; i < to; i++) {
            if ((i & 63) == 0 && to - i >= 64) {
                if (words[i >>> 6] != -1L) {
                    return false;
                }
                i += 63;
            } else if (!get(i)) {
                return false;
            }
        }
        return true;
    }

    void set(int from, int to) {
        for (int i = from; i < to; i++) {
            long mask = 1L << i;
            if ((words[i >>> 6] & mask) == 0) {
                words[i >>> 6] |= mask;
                count++;
            }
        }
    }

    void set(int bit) {
        set(bit, bit + 1);
    }

    void clear(int bit) {
        long mask = 1L << bit;
        if ((words[bit >>> 6] & mask) != 0) {
            words[bit >>> 6] &= ~mask;
            count--;
        }
    }

    void setAll() {
        set(0, size);
    }

    void clearAll() {
        Arrays.fill(words, 0);
        count = 0;
    }

    /** Sets what {@code other}, which may be of another size, has set. */
    void or(Bits other) {
        for (int i = 0; i < Math.min(words.length, other.words.length); i++) {
            words[i] |= other.words[i];
        }
        trim();
    }

    /** Clears what {@code other} has set. */
    void andNot(Bits other) {
        for (int i = 0; i < Math.min(words.length, other.words.length); i++) {
            words[i] &= ~other.words[i];
        }
        trim();
    }

    Bits copy() {
        Bits copy = new Bits(size);
        copy.or(this);
        return copy;
    }

    /** Returns the first set bit at or after {@code from}, -1 if there is none. */
    int next(int from) {
        if (from >= size) {
            return -1;
        }
        int index = from >>> 6;
        long word = words[index] & -1L << from;
        while (word == 0) {
            if (++index == words.length) {
                return -1;
            }
            word = words[index];
        }
        return (index << 6) + Long.numberOfTrailingZeros(word);
    }

    long word(int index) {
        return index < words.length ? words[index] : 0;
    }

    /** Replaces 64 bits; those beyond the size are ignored. */
    void word(int index, long value) {
        if (index >= words.length) {
            return;
        }
        int tail = size - (index << 6);
        long kept = tail >= 64 ? value : value & (1L << tail) - 1;
        count += Long.bitCount(kept) - Long.bitCount(words[index]);
        words[index] = kept;
    }
}
