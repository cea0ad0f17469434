package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.volume.Trust;

/** Two volumes of one engine, both source: the disk of one hangs. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HungVolumeTest {
    private static final int SIZE = 1 << 20;

    @TempDir
    private Path folder;

    private final CountDownLatch works = new CountDownLatch(1);
    private final CountDownLatch hang = new CountDownLatch(EngineEnvironment.STORAGE_THREADS);

    /** Takes as long as {@code disk} does. */
    private static final class Request extends BlockRequest {
        private final Runnable disk;
        private final CompletableFuture<Integer> answer = new CompletableFuture<>();

        Request(Kind kind, Runnable disk) {
            this.kind = kind;
            this.length = kind == Kind.FLUSH ? 0 : 4096;
            this.disk = disk;
        }

        @Override
        public ByteBuffer data() {
            disk.run();
            return ByteBuffer.allocateDirect(4096);
        }

        @Override
        public void keepData() {
            // Always its own.
        }

        @Override
        public void answer(int error) {
            answer.complete(error);
        }

        @Override
        public void push() {
            // Nobody is connected.
        }
    }

    private static Request submitted(Engine engine, String volume, Request request) {
        engine.volume(volume).submit(new BlockRequest[] {request}, 1);
        return request;
    }

    private void hangs() {
        hang.countDown();
        boolean interrupted = false;
        while (works.getCount() > 0 && !interrupted) {
            try {
                works.await();
            } catch (InterruptedException e) {
                interrupted = true;
                Thread.currentThread().interrupt();
            }
        }
    }

    @Test
    void itHoldsUpNoOtherVolume() throws Exception {
        try (Engine engine = new Engine(folder, "A", null, null, 8L << 20, line -> {})) {
            for (String name : List.of("v", "w")) {
                Path image = folder.resolve(name + ".img");
                try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
                    file.setLength(SIZE);
                }
                engine.create(name, image.toString(), folder.toString());
                engine.startSource(name, 1, Trust.OWN, Long.MAX_VALUE);
            }
            // So slow that those after it are not executed by who brings them.
            submitted(
                    engine,
                    "v",
                    new Request(BlockRequest.Kind.READ, () -> LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5))));
            for (int i = 0; i < EngineEnvironment.STORAGE_THREADS + 4; i++) {
                submitted(engine, "v", new Request(BlockRequest.Kind.READ, this::hangs));
            }
            try {
                assertThat(hang.await(60, TimeUnit.SECONDS)).isTrue();
                Request flush = submitted(engine, "w", new Request(BlockRequest.Kind.FLUSH, () -> {}));
                assertThat(flush.answer.get(60, TimeUnit.SECONDS)).isZero();
            } finally {
                works.countDown();
            }
        }
    }
}
