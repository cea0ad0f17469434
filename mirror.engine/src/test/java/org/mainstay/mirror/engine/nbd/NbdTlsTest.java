package org.mainstay.mirror.engine.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mainstay.mirror.engine.io.TlsWire;
import org.mainstay.mirror.engine.io.Wire;

/** NBD over TCP: nothing without TLS, nobody without a certificate, and nobody here notices those who try. */
@Timeout(180)
class NbdTlsTest {
    private static final byte[] NOTHING = {};
    private static final NbdLimits LIMITS =
            new NbdLimits(8, 4, Duration.ofSeconds(60), Duration.ofSeconds(60), 16, true);

    @TempDir
    Path folder;

    private Certificates own;
    private FileServer server;
    private InetSocketAddress tcp;

    @BeforeEach
    void start() throws Exception {
        own = new Certificates(folder.resolve("own"));
        serve(LIMITS);
    }

    private void serve(NbdLimits limits) throws IOException {
        if (server != null) {
            server.close();
        }
        server = new FileServer(folder, limits, false);
        tcp = new InetSocketAddress("localhost", server.listen(own.folder));
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    private RawClient plain() throws IOException {
        return new RawClient(tcp).hello();
    }

    private static void refused(RawClient client, int type) throws IOException {
        RawClient.OptionReply reply = client.reply();
        assertThat(reply.type()).as(reply.text()).isEqualTo(type);
    }

    @Test
    void withoutTlsNothingIsTold() throws IOException {
        try (RawClient client = plain()) {
            for (int option : List.of(Nbd.OPT_LIST, Nbd.OPT_INFO, Nbd.OPT_GO, Nbd.OPT_STRUCTURED_REPLY, 99, 0)) {
                client.option(option, 0, NOTHING);
                refused(client, Nbd.REP_ERR_TLS_REQD);
                client.option(option, 20_000, new byte[20_000]);
                refused(client, Nbd.REP_ERR_TLS_REQD);
            }
            assertThatThrownBy(() -> client.go("v")).hasMessageContaining("STARTTLS");
            client.option(Nbd.OPT_STARTTLS, 1, new byte[1]);
            refused(client, Nbd.REP_ERR_INVALID);
            client.option(Nbd.OPT_ABORT, 0, NOTHING);
            refused(client, Nbd.REP_ACK);
            assertThat(client.ended()).isTrue();
        }
        try (RawClient client = plain()) {
            client.option(Nbd.OPT_EXPORT_NAME, 1, "v".getBytes(StandardCharsets.UTF_8));
            assertThat(client.ended()).isTrue();
        }
        try (RawClient local = new RawClient(server.address()).hello()) {
            local.option(Nbd.OPT_STARTTLS, 0, NOTHING);
            refused(local, Nbd.REP_ERR_POLICY);
            assertThat(local.go("v").flush()).isZero();
        }
    }

    @Test
    void withTlsTheVolumeIsServed() throws IOException {
        try (RawClient client = plain().startTls(own.client())) {
            client.option(Nbd.OPT_LIST, 0, NOTHING);
            refused(client, Nbd.REP_SERVER);
            refused(client, Nbd.REP_ACK);
            client.go("v");
            for (int length : new int[] {1, 511, 4096, 65_536, 65_537, 3 << 20}) {
                byte[] data = new byte[length];
                new Random(length).nextBytes(data);
                assertThat(client.writeAt(777, data).error()).isZero();
                assertThat(client.readAt(777, length)).isEqualTo(data);
            }
            assertThat(client.flush()).isZero();
        }
    }

    @Test
    void whatWasSaidBeforeTlsDoesNotCountAndTlsComesOnce() throws IOException {
        try (RawClient client = plain().startTls(own.client())) {
            client.option(Nbd.OPT_STARTTLS, 0, NOTHING);
            refused(client, Nbd.REP_ERR_INVALID);
            client.option(Nbd.OPT_STRUCTURED_REPLY, 0, NOTHING);
            refused(client, Nbd.REP_ACK);
            assertThat(client.go("v").flags() & Nbd.SEND_DF).isNotZero();
        }
        try (RawClient client = plain()) {
            client.option(Nbd.OPT_STRUCTURED_REPLY, 0, NOTHING);
            refused(client, Nbd.REP_ERR_TLS_REQD);
            client.startTls(own.client()).go("v");
            assertThat(client.flags() & Nbd.SEND_DF).isZero();
            assertThat(client.readAt(0, 4096)).as("with a simple reply").hasSize(4096);
        }
    }

    /** Somebody in between could put it there: it must not be taken for what the client says in secret. */
    @Test
    void whatIsSentBehindStartTlsInTheClearEndsTheConnection() throws IOException {
        try (RawClient client = plain()) {
            ByteBuffer both = ByteBuffer.allocate(32);
            both.putLong(Nbd.IHAVEOPT).putInt(Nbd.OPT_STARTTLS).putInt(0);
            both.putLong(Nbd.IHAVEOPT).putInt(Nbd.OPT_LIST).putInt(0);
            client.write(both.flip());
            refused(client, Nbd.REP_ACK);
            // At most an alert of TLS comes.
            assertThatThrownBy(client::reply).isInstanceOf(IOException.class);
        }
    }

    private void keptOut(TlsUpgrade stranger) throws IOException {
        try (RawClient client = plain()) {
            assertThatThrownBy(() -> client.startTls(stranger).go("v")).isInstanceOf(IOException.class);
        }
    }

    private TlsUpgrade withoutCertificate() throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        byte[] authority = Files.readAllBytes(own.folder.resolve("ca-cert.pem"));
        trusted.setCertificateEntry(
                "ca",
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(new java.io.ByteArrayInputStream(authority)));
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(null, trust.getTrustManagers(), null);
        return plain -> {
            SSLEngine engine = context.createSSLEngine();
            engine.setUseClientMode(true);
            return new TlsWire(plain, engine);
        };
    }

    @Test
    void whoIsNotSignedByTheAuthorityIsKeptOut() throws Exception {
        Certificates other = new Certificates(folder.resolve("other"));
        keptOut(other.client("client", own));
        keptOut(withoutCertificate());
        own.issue("outdated", "clientAuth", "-days -1");
        keptOut(own.client("outdated", own));
        own.issue("a-server", "serverAuth", "");
        keptOut(own.client("a-server", own));
        // The client knows the server by the same means.
        keptOut(own.client("client", other));
        assertThat(server.log).anyMatch(line -> line.contains("a connection ended (") && line.contains("127.0.0.1"));
        try (RawClient client = plain().startTls(own.client()).go("v")) {
            assertThat(client.flush()).isZero();
        }
    }

    @Test
    void halfAHandshakeAndNoiseEndOnlyTheirOwnConnection() throws Exception {
        Random random = new Random(17);
        for (int i = 0; i < 200; i++) {
            int most = 1 + random.nextInt(400);
            try (RawClient client = patient()) {
                client.option(Nbd.OPT_STARTTLS, 0, NOTHING);
                refused(client, Nbd.REP_ACK);
                if (random.nextBoolean()) {
                    byte[] noise = new byte[most];
                    random.nextBytes(noise);
                    client.write(ByteBuffer.wrap(noise));
                } else {
                    client.secure(plain -> own.client().secure(new Cut(plain, most)));
                }
            } catch (IOException e) {
                // The server may be quicker to hang up than this is to send: that is the answer asked for.
                assertThat(e).isNotNull();
            }
        }
        try (RawClient client = patient().startTls(own.client()).go("v")) {
            assertThat(client.flush()).isZero();
        }
        assertThat(server.log).as("strangers do not fill the disk").hasSizeLessThan(100);
    }

    private RawClient patient() {
        return RawClient.patient(tcp, RawClient::hello);
    }

    @Test
    void thousandsThatStallInTheHandshakeKeepNobodyOutHere() throws Exception {
        serve(new NbdLimits(8, 4, Duration.ofSeconds(2), Duration.ofSeconds(60), 16, true));
        List<RawClient> idle = new ArrayList<>();
        try (RawClient working = patient().startTls(own.client()).go("v")) {
            for (int i = 0; i < 2000; i++) {
                RawClient client = new RawClient(tcp);
                idle.add(client);
                try {
                    client.write(ByteBuffer.allocate(20)
                            .putInt(3)
                            .putLong(Nbd.IHAVEOPT)
                            .putInt(Nbd.OPT_STARTTLS)
                            .putInt(0)
                            .flip());
                } catch (IOException e) {
                    // Turned away already.
                    assertThat(e).isNotNull();
                }
                if (i % 100 == 0) {
                    try (RawClient local =
                            new RawClient(server.address()).hello().go("v")) {
                        assertThat(local.flush()).isZero();
                    }
                    assertThat(working.flush()).isZero();
                }
            }
            for (RawClient client : idle) {
                client.drained();
            }
            try (RawClient later = patient().startTls(own.client()).go("v")) {
                assertThat(later.flush()).isZero();
            }
        } finally {
            for (RawClient client : idle) {
                client.close();
            }
        }
    }

    @Test
    void clientsFarAwayHaveMemoryAndPlacesOfTheirOwn() throws Exception {
        List<RawClient> far = new ArrayList<>();
        try {
            for (int i = 0; i < LIMITS.connections(); i++) {
                far.add(patient().startTls(own.client()).go("v"));
                assertThat(far.get(i).flush()).isZero();
            }
            try (RawClient further = patient().startTls(own.client()).go("v")) {
                assertThat(further.ended()).isTrue();
            }
            // They ask and do not read: what they wait for is not the memory of those who are here.
            for (int i = 0; i < 16; i++) {
                far.get(0).write(RawClient.request(0, Nbd.CMD_READ, i, 0, 8 << 20, NOTHING));
            }
            try (RawClient local = new RawClient(server.address()).hello().go("v")) {
                assertThat(server.buffers.inUse()).isZero();
                assertThat(local.readAt(0, 4 << 20)).hasSize(4 << 20);
            }
        } finally {
            for (RawClient client : far) {
                client.close();
            }
        }
    }

    /** What a stranger sends, or takes: an error that no thread catches ends the engine. */
    @ParameterizedTest
    @ValueSource(strings = {"StackOverflowError", "OutOfMemoryError"})
    void anErrorInServingOneWhoIsFarAwayEndsHisConnectionOnly(String kind) throws Exception {
        Error error = kind.startsWith("Stack") ? new StackOverflowError() : new OutOfMemoryError("direct memory");
        server.others = name -> {
            throw error;
        };
        Queue<Throwable> uncaught = new ConcurrentLinkedQueue<>();
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> {
            // The handler is the whole process's; other tests leave threads behind.
            if (thrown == error) {
                uncaught.add(thrown);
            }
        });
        try (RawClient working = plain().startTls(own.client()).go("v")) {
            try (RawClient client = plain().startTls(own.client())) {
                assertThatThrownBy(() -> client.go("broken")).isInstanceOf(IOException.class);
            }
            until(() -> !uncaught.isEmpty() || server.log.stream().anyMatch(line -> line.contains(kind)));
            assertThat(uncaught).isEmpty();
            assertThat(server.log).anyMatch(line -> line.startsWith("a connection ended (") && line.contains(kind));
            assertThat(working.flush()).isZero();
            try (RawClient later = plain().startTls(own.client()).go("v")) {
                assertThat(later.flush()).isZero();
            }
            // Who is here is trusted: then the engine is at its end, and is started again.
            try (RawClient local = new RawClient(server.address()).hello()) {
                assertThatThrownBy(() -> local.go("broken")).isInstanceOf(IOException.class);
            }
            until(() -> !uncaught.isEmpty());
            assertThat(uncaught).containsExactly(error);
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
        }
    }

    private static void until(BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - end).as("it comes within a minute").isNegative();
            LockSupport.parkNanos(10_000_000);
        }
    }

    /** He would keep his place for two hours. */
    @Test
    void whoVanishesWithoutAWordIsLookedForAfterHalfAMinute() throws Exception {
        assumeTrue(timersAreShown(), "needs a kernel that shows the timers of connections");
        try (RawClient client = plain().startTls(own.client()).go("v")) {
            assertThat(client.flush()).isZero();
            until(() -> keepAliveTimer(tcp).isPresent());
            // In hundredths of a second.
            assertThat(keepAliveTimer(tcp).orElseThrow()).isLessThanOrEqualTo(30 * 100);
        }
    }

    private static boolean timersAreShown() throws IOException {
        try (ServerSocketChannel listening = ServerSocketChannel.open()) {
            listening.bind(new InetSocketAddress("localhost", 0));
            InetSocketAddress address = (InetSocketAddress) listening.getLocalAddress();
            try (SocketChannel client = SocketChannel.open(address);
                    SocketChannel accepted = listening.accept()) {
                accepted.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
                return client.isConnected() && keepAliveTimer(address).isPresent();
            }
        }
    }

    /** Returns when the server's end of a connection asks whether the other one is there; empty: that end does not. */
    private static Optional<Long> keepAliveTimer(InetSocketAddress server) {
        String port = String.format(":%04X", server.getPort());
        List<String> lines = new ArrayList<>();
        try {
            for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
                if (Files.isReadable(Path.of(table))) {
                    lines.addAll(Files.readAllLines(Path.of(table)));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return lines.stream()
                .map(line -> line.strip().split("\\s+"))
                // Established, and the timer is the one of keepalive.
                .filter(words -> words[1].endsWith(port) && words[3].equals("01") && words[5].startsWith("02:"))
                .map(words -> Long.parseLong(words[5].substring(3), 16))
                .findFirst();
    }

    /** Sends the first bytes only, then ends. */
    private record Cut(Wire plain, int[] left) implements Wire {
        Cut(Wire plain, int most) {
            this(plain, new int[] {most});
        }

        @Override
        public int read(ByteBuffer target) throws IOException {
            return plain.read(target);
        }

        @Override
        public void write(ByteBuffer[] sources, int count) throws IOException {
            for (int i = 0; i < count; i++) {
                int part = Math.min(left[0], sources[i].remaining());
                plain.write(sources[i].slice(sources[i].position(), part));
                left[0] -= part;
                if (part < sources[i].remaining()) {
                    plain.close();
                    throw new IOException("cut");
                }
                sources[i].position(sources[i].limit());
            }
        }

        @Override
        public String peer() {
            return plain.peer();
        }

        @Override
        public void close() throws IOException {
            plain.close();
        }
    }
}
