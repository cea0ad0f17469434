package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BitsTest {
    /** Of the largest volume. */
    private static final int MOST = 127 << 24;

    /** Parts that are empty, full and mixed, and a last one that is not whole. */
    @Test
    void isWhatABitSetIs() {
        Random random = new Random(11);
        for (int round = 0; round < 300; round++) {
            int size = 1 + random.nextInt(30_000);
            Bits bits = new Bits(size);
            Bits other = new Bits(size);
            BitSet model = new BitSet();
            BitSet otherModel = new BitSet();
            for (int step = 0; step < 60; step++) {
                int from = random.nextInt(size);
                int to = from + random.nextInt(random.nextBoolean() ? 70 : size + 1);
                int end = Math.min(size, to);
                switch (random.nextInt(9)) {
                    case 0, 1 -> {
                        bits.set(from, end);
                        model.set(from, end);
                    }
                    case 2 -> {
                        other.set(from, end);
                        otherModel.set(from, end);
                    }
                    case 3 -> {
                        for (int i = from; i < end; i++) {
                            bits.clear(i);
                        }
                        model.clear(from, end);
                    }
                    case 4 -> {
                        bits.or(other);
                        model.or(otherModel);
                    }
                    case 5 -> {
                        bits.andNot(other);
                        model.andNot(otherModel);
                    }
                    case 6 -> {
                        long value = random.nextInt(3) == 0 ? -1L : random.nextInt(3) == 0 ? 0 : random.nextLong();
                        bits.word(from / 64, value);
                        for (int i = from / 64 * 64; i < Math.min(size, from / 64 * 64 + 64); i++) {
                            model.set(i, (value >>> i & 1) != 0);
                        }
                    }
                    case 7 -> {
                        if (random.nextInt(4) == 0) {
                            bits.setAll();
                            model.set(0, size);
                        }
                    }
                    default -> bits = bits.copy();
                }
                same(bits, model, from, end);
            }
        }
    }

    private static void same(Bits bits, BitSet model, int from, int end) {
        assertThat(bits.count()).isEqualTo(model.cardinality());
        assertThat(bits.next(from)).isEqualTo(model.nextSetBit(from));
        assertThat(bits.get(from)).isEqualTo(model.get(from));
        int clear = model.nextClearBit(from);
        assertThat(bits.all(from, end)).isEqualTo(clear >= end);
        assertThat(bits.all(from, Math.min(clear, bits.size()))).isTrue();
        long[] words = model.toLongArray();
        assertThat(bits.word(from / 64)).isEqualTo(from / 64 < words.length ? words[from / 64] : 0);
    }

    @Test
    void takesMemoryForMixedPartsOnly() {
        Bits bits = new Bits(MOST);
        assertThat(bits.bytes()).isZero();
        bits.setAll();
        assertThat(bits.count()).isEqualTo(MOST);
        assertThat(bits.bytes()).isLessThan(1_000);
        bits.clear(70_000);
        assertThat(bits.bytes()).isLessThan(2_000);
        bits.set(70_000);
        assertThat(bits.next(MOST - 1)).isEqualTo(MOST - 1);
        bits.clear(MOST - 1);
        assertThat(bits.next(MOST - 1)).isEqualTo(-1);
        bits.clearAll();
        assertThat(bits.bytes()).isZero();
        assertThat(Bits.mostBytes(MOST)).isBetween(254L << 20, 300L << 20);
    }
}
