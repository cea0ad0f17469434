package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.junit.jupiter.api.Test;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.io.Buffers;
import org.mainstay.mirror.engine.link.FrameType;
import org.mainstay.mirror.engine.link.Link;

/** Queues of asynchronous mirrors whose links send nothing. */
class SendQueueTest {
    private final Buffers requests = new Buffers(8 << 20);
    private final Buffers copies = new Buffers(16 << 20);
    private final ArrayDeque<Runnable> unsent = new ArrayDeque<>();

    private SendQueue queue() {
        SimNode node = new SimNode(new SimWorld(1), "A", 1 << 20, MirrorType.ASYNC, MirrorSettings.SHIPPED) {
            @Override
            public Buffers buffers() {
                return requests;
            }

            @Override
            public Buffers queueBuffers() {
                return copies;
            }
        };
        SendQueue queue = new SendQueue(node);
        queue.begin(link());
        return queue;
    }

    private Link link() {
        return new Link() {
            @Override
            public void send(FrameType type, long seq, long offset, long length, ByteBuffer payload, Runnable sent) {
                unsent.add(sent == null ? () -> {} : sent);
            }

            @Override
            public void kick() {}

            @Override
            public void close(String why) {}

            @Override
            public void shape(long kilobitsPerSecond, int compression, boolean background) {}

            @Override
            public String peer() {
                return "nobody";
            }
        };
    }

    private static long fill(SendQueue queue, int size) {
        long bytes = 0;
        while (!queue.crowded()) {
            queue.change(new WriteOp(new Write(size), false), false, 0);
            bytes += size;
        }
        return bytes;
    }

    @Test
    void aBacklogLeavesMemoryForOtherQueuesAndForAllRequests() {
        assertThat(fill(queue(), 64 << 10)).as("half of it is for others").isBetween(7L << 20, 8L << 20);
        assertThat(fill(queue(), 64 << 10)).isBetween(3L << 20, 4L << 20);
        // A small write takes a whole buffer.
        for (int i = 0; i < 5; i++) {
            assertThat(fill(queue(), 512)).isPositive();
        }
        assertThat(copies.inUse()).isLessThan(20L << 20);
        assertThat(requests.inUse()).isZero();
        while (!unsent.isEmpty()) {
            unsent.poll().run();
        }
        assertThat(copies.inUse()).isZero();
    }

    /** Zeros are sent in parts, and a part that was taken is progress: writing them may take long. */
    @Test
    void aPartOfZerosThatWasTakenIsProgress() {
        SimWorld world = new SimWorld(1);
        SimNode node = new SimNode(world, "A", 1 << 20, MirrorType.SYNC, MirrorSettings.SHIPPED);
        SendQueue queue = new SendQueue(node);
        queue.begin(link());
        queue.change(
                new WriteOp(
                        new Write(0) {
                            {
                                kind = Kind.ZERO;
                                length = 200L << 20;
                            }
                        },
                        false),
                true,
                node.nanos());
        assertThat(unsent).as("parts of 64 MiB").hasSize(4);
        long begun = node.nanos();
        world.run(1000);
        assertThat(queue.oldest(node.nanos())).isEqualTo(begun);
        assertThat(queue.acked(1)).isEmpty();
        assertThat(queue.oldest(node.nanos())).as("waited for since").isEqualTo(node.nanos());
        assertThat(queue.stalled(node.nanos())).isEqualTo(node.nanos());
        assertThat(queue.acked(4)).hasSize(1);
        assertThat(queue.isEmpty()).isTrue();
    }

    /** Only an answer makes room known again. */
    @Test
    void aCrowdedQueueOpensAgainWithAnAnswer() {
        SendQueue queue = queue();
        fill(queue, 64 << 10);
        assertThat(queue.crowded()).isTrue();
        while (!unsent.isEmpty()) {
            unsent.poll().run();
        }
        assertThat(queue.crowded()).as("what left makes room").isFalse();
        fill(queue, 64 << 10);
        queue.acked(Long.MAX_VALUE);
        assertThat(queue.crowded())
                .as("no entry is left, so no answer would come")
                .isFalse();
    }

    private static class Write extends BlockRequest {
        private final ByteBuffer data;

        Write(int size) {
            kind = Kind.WRITE;
            length = size;
            data = ByteBuffer.allocate(size);
        }

        @Override
        public ByteBuffer data() {
            return data.duplicate();
        }

        @Override
        public void keepData() {}

        @Override
        public void answer(int error) {}

        @Override
        public void push() {}
    }
}
