package org.mainstay.kit.genlb.internal.responder;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProbeServerTest {
    private static final long PROCESS = 4711;

    @TempDir
    Path folder;

    private Options options;
    private Marks marks;

    @BeforeEach
    void start() throws IOException {
        options = new Options(folder.resolve("lb"), folder.resolve("log"), 0, 60_000, 10_000, 2, "", "");
        marks = new Marks(options.folder(), options.log());
        marks.clear();
        marks.started(PROCESS, options);
    }

    private static CompletableFuture<Integer> run(ProbeServer server) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return server.run();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }

    /** LB-032: each failure is message 33611; more than HC_MAX_ERROR in a row end it. */
    // covers LB-032 LB-072
    @Test
    void tooManyErrorsInARowEndIt() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        try (ProbeServer server = new ProbeServer(options, marks, PROCESS, port -> {
            // two failures, one success that resets the count, then failures only
            if (calls.incrementAndGet() == 3) {
                return port.accept();
            }
            throw new IOException("Too many open files");
        })) {
            CompletableFuture<Integer> code = run(server);
            List<Socket> probes = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                probes.add(new Socket(InetAddress.getLoopbackAddress(), server.port()));
            }
            assertThat(code.get(60, TimeUnit.SECONDS)).isEqualTo(2);
            for (Socket probe : probes) {
                probe.close();
            }
        }
        assertThat(calls).hasValue(6);
        assertThat(Files.readString(options.log())).contains("33611 a probe could not be accepted", "Too many open");
        assertThat(marks.failure().orElse("")).contains("HC_MAX_ERROR=2");
    }

    /** LB-033: message 33614. */
    // covers LB-033
    @Test
    void itEndsWhenItsPidFileIsGone() throws Exception {
        try (ProbeServer server = new ProbeServer(options, marks, PROCESS, ServerSocketChannel::accept)) {
            CompletableFuture<Integer> code = run(server);
            Files.delete(marks.pidFile());
            assertThat(code.get(60, TimeUnit.SECONDS)).isZero();
        }
        assertThat(Files.readString(options.log())).contains("33614");
    }

    /** LB-031: without a reply it just closes, after data or after HC_READ_TIMEOUT. */
    // covers LB-031
    @Test
    void withoutAReplyItJustCloses() throws Exception {
        try (ProbeServer server = new ProbeServer(options, marks, PROCESS, ServerSocketChannel::accept)) {
            CompletableFuture<Integer> code = run(server);
            try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                probe.getOutputStream().write(1);
                assertThat(probe.getInputStream().read()).isEqualTo(-1);
            }
            assertThat(marks.probed()).isTrue();
            Files.delete(marks.pidFile());
            assertThat(code.get(60, TimeUnit.SECONDS)).isZero();
        }
    }
}
