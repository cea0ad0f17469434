package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.io.Export;

/** Reads and writes a snapshot, and knows what it has to find: the target at the moment of the snapshot, and its own writes. */
final class SnapshotClient {
    final byte[] expected;
    int answered;
    int refused;
    private final SimWorld world;

    /** @param expected null: nothing is checked */
    SnapshotClient(SimWorld world, byte[] expected) {
        this.world = world;
        this.expected = expected;
    }

    final class Request extends BlockRequest {
        private final ByteBuffer data;
        int result = -1;

        Request(Kind kind, int offset, int length, int value) {
            this.kind = kind;
            this.offset = offset;
            this.length = length;
            this.data = ByteBuffer.allocate(length);
            Arrays.fill(data.array(), (byte) value);
        }

        @Override
        public ByteBuffer data() {
            return data.duplicate().clear();
        }

        @Override
        public void keepData() {
            // Always its own.
        }

        @Override
        public void answer(int error) {
            assertThat(result).as("a request is answered once").isEqualTo(-1);
            result = error;
            if (error != 0) {
                refused++;
                return;
            }
            answered++;
            int from = (int) offset;
            int to = (int) end();
            if (expected == null) {
                return;
            }
            if (kind == Kind.READ) {
                assertThat(data.array())
                        .as("snapshot from %s to %s", from, to)
                        .isEqualTo(Arrays.copyOfRange(expected, from, to));
            } else if (kind == Kind.WRITE) {
                System.arraycopy(data.array(), 0, expected, from, to - from);
            } else if (kind == Kind.ZERO) {
                Arrays.fill(expected, from, to, (byte) 0);
            }
        }

        @Override
        public void push() {
            // Nobody waits for it.
        }
    }

    /** Does something somewhere, most of it not on the bounds of blocks. */
    Request act(Export snapshot) {
        int length = 1 + world.random.nextInt(world.random.nextBoolean() ? 3 * IntentLog.BLOCK : 5000);
        int offset = world.random.nextInt(expected.length);
        length = Math.min(length, expected.length - offset);
        BlockRequest.Kind kind = switch (world.random.nextInt(6)) {
            case 0, 1 -> BlockRequest.Kind.WRITE;
            case 2 -> BlockRequest.Kind.ZERO;
            default -> BlockRequest.Kind.READ;
        };
        return send(snapshot, new Request(kind, offset, length, 1 + world.random.nextInt(100)));
    }

    Request readAll(Export snapshot) {
        return readAll(snapshot, expected.length);
    }

    Request readAll(Export snapshot, int size) {
        return send(snapshot, new Request(BlockRequest.Kind.READ, 0, size, 0));
    }

    Request write(Export snapshot, int offset, int length, int value) {
        return send(snapshot, new Request(BlockRequest.Kind.WRITE, offset, length, value));
    }

    private static Request send(Export snapshot, Request request) {
        snapshot.submit(new BlockRequest[] {request}, 1);
        return request;
    }
}
