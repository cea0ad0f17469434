package org.mainstay.mirror.engine.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WireTest {
    private final Random random = new Random(3);
    private byte next;
    private int left = 200_000;

    /** Gives bytes that count, a few at a time. */
    private final Wire wire = new Wire() {
        @Override
        public int read(ByteBuffer target) {
            assertThat(target.hasRemaining())
                    .as("there is room for what is read")
                    .isTrue();
            if (left == 0) {
                return -1;
            }
            int count = Math.min(Math.min(left, target.remaining()), 1 + random.nextInt(300));
            for (int i = 0; i < count; i++) {
                target.put(next++);
            }
            left -= count;
            return count;
        }

        @Override
        public void write(ByteBuffer[] sources, int count) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String peer() {
            return "test";
        }

        @Override
        public void close() {}
    };

    @Test
    void readsOnAndMovesOnlyWhereRoomIsShort() throws IOException {
        ByteBuffer input = ByteBuffer.allocate(1000).limit(0);
        byte expected = 0;
        int whole = 1 + random.nextInt(900);
        int got = 0;
        while (got >= 0) {
            while (input.remaining() >= whole) {
                for (int i = 0; i < whole; i++) {
                    assertThat(input.get()).isEqualTo(expected++);
                }
                whole = 1 + random.nextInt(900);
            }
            int start = input.position();
            boolean held = input.hasRemaining();
            boolean alone = random.nextBoolean();
            boolean room = start + whole <= input.capacity();
            got = wire.readOn(input, whole, alone);
            if (held && room) {
                assertThat(input.position()).as("it stays where it is").isEqualTo(start);
            }
            assertThat(alone && input.remaining() > whole).isFalse();
        }
        assertThat(left).isZero();
    }
}
