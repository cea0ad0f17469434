package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.mainstay.mirror.engine.link.LinkServer;

/** Real time and network. */
class EngineEnvironmentTest {
    /** As a peer whose machine hangs: the kernel takes the connection, nobody answers. */
    @Test
    void connectingToWhoDoesNotAnswerEnds() throws Exception {
        LinkServer.Security waits = (plain, client) -> {
            plain.readFully(ByteBuffer.allocate(1));
            return plain;
        };
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                EngineEnvironment env = new EngineEnvironment(1 << 20, waits, line -> {}, 200)) {
            CompletableFuture<String> ended = new CompletableFuture<>();
            String address = "127.0.0.1:" + silent.getLocalPort();
            env.dial(address, null, (link, error) -> ended.complete(link == null ? error : "connected"));
            assertThat(ended.get(60, TimeUnit.SECONDS)).startsWith(address);
        }
    }

    @Test
    void theTimeSinceBootIsThatOfTheKernel() throws Exception {
        try (EngineEnvironment env = new EngineEnvironment(1 << 20, null, line -> {})) {
            long before = Leases.uptime();
            long now = TimeUnit.NANOSECONDS.toMillis(env.bootNanos());
            assertThat(now).isBetween(before, Leases.uptime());
        }
    }

    @Test
    void aJobThatEndsWithoutMemoryIsTold() throws Exception {
        java.util.concurrent.BlockingQueue<Throwable> told = new java.util.concurrent.LinkedBlockingQueue<>();
        try (EngineEnvironment env = new EngineEnvironment(1 << 20, null, line -> {})) {
            env.onFatal(told::add);
            env.run(() -> {
                throw new IllegalStateException("a defect");
            });
            env.run(() -> {
                throw new OutOfMemoryError("unable to create native thread");
            });
            assertThat(told.poll(60, java.util.concurrent.TimeUnit.SECONDS)).isInstanceOf(OutOfMemoryError.class);
        }
    }

    /** A request must be answered, if only by an error: its client waits for that. */
    @Test
    void whatComesAfterAVolumeWasClosedIsStillRun() {
        ExecutorService storage = EngineEnvironment.storage("v");
        storage.shutdown();
        boolean[] ran = new boolean[1];
        storage.execute(() -> ran[0] = true);
        assertThat(ran[0]).isTrue();
    }
}
