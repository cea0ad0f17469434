package org.mainstay.mirror.engine.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.io.Buffers;
import org.mainstay.mirror.engine.io.Export;

/** Who reads a connection while a request of it is slow. */
@Timeout(180)
class ReadersTest {
    private static final NbdLimits LIMITS =
            new NbdLimits(8, 4, Duration.ofSeconds(60), Duration.ofSeconds(60), 64, true);

    @TempDir
    Path folder;

    private final Slow slow = new Slow();
    private final BlockingQueue<String> log = new LinkedBlockingQueue<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private NbdServer server;
    private RawClient client;

    /** An export whose flushes take until the test lets them go. */
    private static final class Slow implements Export {
        final Semaphore gate = new Semaphore(0);
        /** Threads that carry out a flush. */
        final BlockingQueue<Thread> aside = new LinkedBlockingQueue<>();

        final BlockingQueue<BlockRequest> left = new LinkedBlockingQueue<>();
        final CountDownLatch gone = new CountDownLatch(1);
        volatile RuntimeException defect;

        @Override
        public long size() {
            return 1 << 20;
        }

        @Override
        public boolean readOnly() {
            return false;
        }

        @Override
        public boolean manyConnections() {
            return false;
        }

        @Override
        public void submit(BlockRequest[] requests, int count) {
            for (int i = 0; i < count; i++) {
                BlockRequest request = requests[i];
                if (request.kind() != BlockRequest.Kind.FLUSH) {
                    request.complete(BlockRequest.OK);
                } else if (request.stepAside()) {
                    aside.add(Thread.currentThread());
                    gate.acquireUninterruptibly();
                    request.complete(BlockRequest.OK);
                    if (defect != null) {
                        throw defect;
                    }
                } else {
                    left.add(request);
                }
            }
        }

        @Override
        public boolean attach(AutoCloseable who) {
            return true;
        }

        @Override
        public void detach(AutoCloseable who) {
            gone.countDown();
        }
    }

    @BeforeEach
    void start() throws Exception {
        server = new NbdServer(
                new Exports() {
                    @Override
                    public Export find(String name) {
                        return slow;
                    }

                    @Override
                    public List<String> names() {
                        return List.of("v");
                    }
                },
                LIMITS,
                new Buffers(8 << 20),
                timer,
                log::add);
        server.listen(folder.resolve("s"));
        client = new RawClient(UnixDomainSocketAddress.of(folder.resolve("s")))
                .hello()
                .go("v");
    }

    @AfterEach
    void stop() throws Exception {
        slow.gate.release(1_000_000);
        client.close();
        server.close();
        timer.shutdownNow();
    }

    private void flush(long cookie) throws Exception {
        client.write(RawClient.request(0, Nbd.CMD_FLUSH, cookie, 0, 0, new byte[0]));
    }

    /** Sends flushes until one is carried out by the thread that read it. The first ones find no other thread yet. */
    private Thread aside() throws Exception {
        while (true) {
            flush(1);
            Thread thread = null;
            BlockRequest passedOn = null;
            while (thread == null && passedOn == null) {
                thread = slow.aside.poll(10, TimeUnit.MILLISECONDS);
                passedOn = slow.left.poll();
            }
            if (thread != null) {
                return thread;
            }
            passedOn.complete(BlockRequest.OK);
            assertThat(client.answer(0).cookie()).isEqualTo(1);
        }
    }

    @Test
    void whoHasReadASlowRequestCarriesItOutAndTheOtherReadsOn() throws Exception {
        Set<Thread> threads = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            threads.add(aside());
            assertThat(client.readAt(0, 4096)).as("read beside the flush").hasSize(4096);
            slow.gate.release();
            assertThat(client.answer(0).cookie()).isEqualTo(1);
        }
        assertThat(threads).hasSize(2);
    }

    @Test
    void aSecondSlowRequestIsLeftToOthersAndReadingGoesOn() throws Exception {
        aside();
        flush(2);
        BlockRequest second = slow.left.poll(60, TimeUnit.SECONDS);
        assertThat(second).isNotNull();
        assertThat(client.readAt(0, 4096)).hasSize(4096);
        second.complete(BlockRequest.OK);
        assertThat(client.answer(0).cookie()).isEqualTo(2);
        slow.gate.release();
        assertThat(client.answer(0).cookie()).isEqualTo(1);
    }

    @Test
    void aSlowRequestAmongOthersIsLeftToOthers() throws Exception {
        aside();
        slow.gate.release();
        client.answer(0);
        byte[] two = Arrays.copyOf(
                RawClient.request(0, Nbd.CMD_FLUSH, 3, 0, 0, new byte[0]).array(), 56);
        System.arraycopy(
                RawClient.request(0, Nbd.CMD_FLUSH, 4, 0, 0, new byte[0]).array(), 0, two, 28, 28);
        client.write(ByteBuffer.wrap(two));
        for (long cookie = 3; cookie <= 4; cookie++) {
            BlockRequest request = slow.left.poll(60, TimeUnit.SECONDS);
            assertThat(request).as("left to others: %d", cookie).isNotNull();
            request.complete(BlockRequest.OK);
            assertThat(client.answer(0).cookie()).isEqualTo(cookie);
        }
    }

    @Test
    void theExportKeepsItsClientUntilTheLastSlowRequestIsDone() throws Exception {
        aside();
        client.close();
        assertThat(slow.gone.await(200, TimeUnit.MILLISECONDS))
                .as("gone before its flush")
                .isFalse();
        slow.gate.release();
        assertThat(slow.gone.await(60, TimeUnit.SECONDS)).isTrue();
    }

    /** Nothing but the reader sends what it refuses itself. */
    @Test
    void moreWrongRequestsTogetherThanMayBeInFlightAreAllAnswered() throws Exception {
        int all = 5 * LIMITS.requests();
        ByteBuffer wrong = ByteBuffer.allocate(all * Nbd.REQUEST_BYTES);
        for (int i = 0; i < all; i++) {
            wrong.put(RawClient.request(0, Nbd.CMD_READ, i, 1 << 20, 4096, new byte[0]));
        }
        client.write(wrong.flip());
        for (int i = 0; i < all; i++) {
            RawClient.Answer answer = client.answer(0);
            assertThat(answer.cookie()).isEqualTo(i);
            assertThat(answer.error()).isEqualTo(BlockRequest.EINVAL);
        }
        assertThat(client.readAt(0, 4096)).hasSize(4096);
    }

    @Test
    void aDefectBesideTheReaderEndsTheConnectionAndIsTold() throws Exception {
        slow.defect = new IllegalStateException("broken");
        aside();
        slow.gate.release();
        client.drained();
        assertThat(slow.gone.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(log.poll(60, TimeUnit.SECONDS))
                .contains("a connection ended")
                .contains("broken");
    }
}
