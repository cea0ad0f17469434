package org.mainstay.mirror.engine.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.mirror.engine.io.SocketWire;
import org.mainstay.mirror.engine.io.Tls;
import org.mainstay.mirror.engine.io.Wire;
import org.mainstay.mirror.engine.nbd.Certificates;

@Timeout(180)
class SocketLinkTest {
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> introduced = new LinkedBlockingQueue<>();
    private LinkServer server;

    @TempDir
    Path folder;

    /** Answers every frame with what it got. */
    private final class Echo implements LinkHandler {
        @Override
        public void received(Link link, Frame frame) {
            ByteBuffer copy = ByteBuffer.allocateDirect(frame.payload().remaining());
            copy.put(frame.payload()).flip();
            link.send(frame.type(), frame.seq(), frame.offset(), frame.length(), copy, null);
        }

        @Override
        public void received(Link link) {
            link.kick();
        }

        @Override
        public void closed(Link link, String why) {
            heard.add("closed " + why);
        }
    }

    /** Notes what comes back. */
    private final class Notes implements LinkHandler {
        @Override
        public void received(Link link, Frame frame) {
            heard.add(frame.type() + " " + frame.seq() + " " + frame.offset() + " " + frame.length() + " "
                    + frame.payload().hashCode());
        }

        @Override
        public void received(Link link) {}

        @Override
        public void closed(Link link, String why) {
            heard.add("ended");
        }
    }

    /** A large frame at a low rate: the peer must hear something long before it has all of it, and who waits sees a new rate. */
    // covers MIR-004 MIR-226 TUN-101
    @Test
    void aThrottledFrameLeavesInPieces() throws Exception {
        java.util.concurrent.atomic.AtomicInteger pieces = new java.util.concurrent.atomic.AtomicInteger();
        server = new LinkServer(
                new InetSocketAddress("127.0.0.1", 0),
                null,
                (link, hello) -> new LinkHandler() {
                    @Override
                    public void received(Link from, Frame frame) {
                        heard.add("all " + frame.payload().remaining());
                    }

                    @Override
                    public void received(Link from) {}

                    @Override
                    public void heard(Link from) {
                        pieces.incrementAndGet();
                    }

                    @Override
                    public void closed(Link from, String why) {}
                },
                timer,
                line -> {});
        SocketLink link = new SocketLink(SocketWire.connect(server.address()));
        link.start(new Notes());
        link.send(FrameType.HELLO, 0, 0, 0, Frame.text(Map.of("a", "b")), null);
        link.kick();
        link.shape(100, 0, false);
        // Takes 84 seconds.
        link.send(FrameType.WRITE, 1, 0, 1 << 20, ByteBuffer.allocateDirect(1 << 20), null);
        link.kick();
        while (pieces.get() < 3) {
            Thread.onSpinWait();
        }
        assertThat(heard).isEmpty();
        link.shape(0, 0, false);
        assertThat(heard.poll(30, TimeUnit.SECONDS)).isEqualTo("all 1048576");
    }

    private void serve(LinkServer.Security security) throws IOException {
        LinkServer.Volumes volumes = (link, hello) -> {
            introduced.add(String.valueOf(link.identity()));
            return new Echo();
        };
        server = new LinkServer(new InetSocketAddress("127.0.0.1", 0), security, volumes, timer, heard::add);
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        timer.shutdownNow();
    }

    private void roundTrips(SocketLink link, int count) throws InterruptedException {
        link.start(new Notes());
        link.send(FrameType.HELLO, 0, 0, 0, Frame.text(Map.of("volume", "v")), null);
        Random random = new Random(3);
        String[] expected = new String[count];
        for (int i = 0; i < count; i++) {
            ByteBuffer data = ByteBuffer.allocateDirect(random.nextInt(4) == 0 ? 1 << 20 : random.nextInt(9000));
            for (int at = 0; at + 8 <= data.capacity(); at += 8) {
                data.putLong(at, i % 2 == 0 ? random.nextLong() : i);
            }
            long length = i == 0 ? 5L << 32 : i;
            expected[i] = "WRITE " + i + " " + (i * 7L) + " " + length + " " + data.hashCode();
            link.send(FrameType.WRITE, i, i * 7L, length, data, null);
            link.kick();
        }
        for (String line : expected) {
            assertThat(heard.poll(30, TimeUnit.SECONDS)).isEqualTo(line);
        }
    }

    @Test
    void framesArriveWholeAndInOrder() throws Exception {
        serve(null);
        roundTrips(new SocketLink(SocketWire.connect(server.address())), 200);
    }

    /** A wire that notes how many frames leave with one call, and gives nothing. */
    private static final class Bundles implements Wire {
        final BlockingQueue<Integer> sent = new LinkedBlockingQueue<>();
        private final CountDownLatch end = new CountDownLatch(1);

        @Override
        public int read(ByteBuffer target) throws IOException {
            try {
                end.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            return -1;
        }

        @Override
        public void write(ByteBuffer[] sources, int count) {
            int frames = 0;
            for (int i = 0; i < count; i++) {
                frames += sources[i].remaining() == FrameHeader.BYTES ? 1 : 0;
            }
            sent.add(frames);
        }

        @Override
        public String peer() {
            return "test";
        }

        @Override
        public void close() {
            end.countDown();
        }
    }

    @Test
    void inTheBackgroundChangesLeaveTogetherAndWhatIsWaitedForAtOnce() throws Exception {
        serve(null);
        Bundles wire = new Bundles();
        SocketLink link = new SocketLink(wire, TimeUnit.HOURS.toNanos(1));
        link.shape(0, 0, true);
        link.start(new Notes());
        for (int i = 0; i < 10; i++) {
            link.send(FrameType.WRITE, i, 0, 4096, ByteBuffer.allocateDirect(4096), null);
            link.kick();
        }
        link.send(FrameType.FLUSH, 10, 0, 0, null, null);
        link.kick();
        assertThat(wire.sent.poll(30, TimeUnit.SECONDS)).isEqualTo(11);
        for (int i = 11; i < 11 + 64; i++) {
            link.send(FrameType.ZERO, i, 0, 4096, null, null);
            link.kick();
        }
        assertThat(wire.sent.poll(30, TimeUnit.SECONDS)).isEqualTo(64);
        link.send(FrameType.WRITE, 75, 0, 1 << 20, ByteBuffer.allocateDirect(1 << 20), null);
        link.kick();
        assertThat(wire.sent.poll(30, TimeUnit.SECONDS)).isEqualTo(1);
        link.close("the test ends");
        Bundles soon = new Bundles();
        SocketLink brief = new SocketLink(soon);
        brief.shape(0, 0, true);
        brief.start(new Notes());
        brief.send(FrameType.WRITE, 0, 0, 4096, ByteBuffer.allocateDirect(4096), null);
        brief.kick();
        assertThat(soon.sent.poll(30, TimeUnit.SECONDS)).isEqualTo(1);
        brief.close("the test ends");
    }

    // covers TUN-106
    @Test
    void compressedFramesArriveAsTheyWere() throws Exception {
        serve(null);
        SocketLink link = new SocketLink(SocketWire.connect(server.address()));
        link.shape(0, 3, true);
        roundTrips(link, 60);
    }

    @Test
    void garbageEndsTheConnection() throws Exception {
        serve(null);
        Random random = new Random(5);
        for (int i = 0; i < 50; i++) {
            byte[] bytes = new byte[40 + random.nextInt(200)];
            random.nextBytes(bytes);
            try (Wire wire = SocketWire.connect(server.address())) {
                wire.write(ByteBuffer.wrap(bytes));
                assertThat(wire.read(ByteBuffer.allocate(1))).isNegative();
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("reset");
            }
        }
        roundTrips(new SocketLink(SocketWire.connect(server.address())), 5);
    }

    @Test
    void aDamagedByteIsNoticed() throws Exception {
        serve(null);
        ByteBuffer frame = ByteBuffer.allocate(FrameHeader.BYTES + 100);
        FrameHeader.write(frame, FrameType.HELLO, false, 1, 0, 0, ByteBuffer.allocate(100));
        frame.clear();
        for (int at : new int[] {0, 5, 20, 39, 80}) {
            ByteBuffer damaged = ByteBuffer.allocate(frame.capacity()).put(frame.duplicate());
            damaged.put(at, (byte) (damaged.get(at) ^ 4));
            try (Wire wire = SocketWire.connect(server.address())) {
                wire.write(damaged.clear());
                assertThat(wire.read(ByteBuffer.allocate(1))).isNegative();
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("reset");
            }
        }
    }

    private Tls tls(String name, String... trusted) throws Exception {
        Path file = folder.resolve(name + ".p12");
        keytool("-genkeypair", "-alias", name, "-keyalg", "EC", "-dname", "CN=" + name, "-keystore", file.toString());
        keytool("-exportcert", "-alias", name, "-file", folder.resolve(name).toString(), "-keystore", file.toString());
        for (String other : trusted) {
            keytool(
                    "-importcert",
                    "-noprompt",
                    "-alias",
                    other,
                    "-file",
                    folder.resolve(other).toString(),
                    "-keystore",
                    file.toString());
        }
        return new Tls(file, "secret".toCharArray());
    }

    private static void keytool(String... words) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(System.getProperty("java.home") + "/bin/keytool");
        builder.command().addAll(java.util.List.of(words));
        builder.command().addAll(java.util.List.of("-storetype", "PKCS12", "-storepass", "secret"));
        assertThat(builder.redirectErrorStream(true).start().waitFor()).isZero();
    }

    @Test
    void overTlsOnlyTrustedPeersGetThrough() throws Exception {
        tls("a");
        Tls b = tls("b", "a");
        Path store = folder.resolve("a.p12");
        keytool(
                "-importcert",
                "-noprompt",
                "-alias",
                "b",
                "-file",
                folder.resolve("b").toString(),
                "-keystore",
                store.toString());
        Tls a = new Tls(store, "secret".toCharArray());
        Tls stranger = tls("c", "b");
        serve(b::secure);
        roundTrips(new SocketLink(a.secure(SocketWire.connect(server.address()), true)), 100);
        assertThatThrownBy(() -> {
                    Wire wire = stranger.secure(SocketWire.connect(server.address()), true);
                    wire.readFully(ByteBuffer.allocate(1));
                })
                .isInstanceOf(IOException.class);
    }

    /** Makes a server's identity as the manager keeps it. @return the pin of its key */
    private String identity(String name, Certificates authority) throws Exception {
        authority.issue(name, "serverAuth,clientAuth", "");
        Path own = Files.createDirectories(folder.resolve(name));
        Path certificate = own.resolve("node.crt.pem");
        Files.copy(authority.folder.resolve(name + "-cert.pem"), certificate);
        Files.copy(authority.folder.resolve(name + "-key.pem"), own.resolve("node.key.pem"));
        Files.copy(authority.folder.resolve("ca-cert.pem"), own.resolve("ca.crt.pem"));
        try (InputStream bytes = Files.newInputStream(certificate)) {
            PublicKey key = CertificateFactory.getInstance("X.509")
                    .generateCertificate(bytes)
                    .getPublicKey();
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(key.getEncoded()));
        }
    }

    @Test
    void withAnIdentityOnlyPinnedKeysGetThrough() throws Exception {
        Certificates authority = new Certificates(folder.resolve("authority"));
        Path pins = folder.resolve("pins");
        String pinOfA = identity("A", authority);
        String pinOfB = identity("B", authority);
        identity("C", authority);
        Files.writeString(pins, pinOfA + "\n" + pinOfB + "\n");
        serve(new Tls(folder.resolve("B"), pins)::secure);
        Tls a = new Tls(folder.resolve("A"), pins);
        Wire wire = a.secure(SocketWire.connect(server.address()), true);
        assertThat(wire.identity()).as("who is at the other end").isEqualTo("B");
        roundTrips(new SocketLink(wire), 100);
        assertThat(introduced).as("who connected").containsExactly("A");
        Tls unpinned = new Tls(folder.resolve("C"), pins);
        refused(unpinned);
        Files.writeString(pins, pinOfB + "\n");
        refused(a);
    }

    private void refused(Tls client) {
        assertThatThrownBy(() -> {
                    Wire wire = client.secure(SocketWire.connect(server.address()), true);
                    wire.readFully(ByteBuffer.allocate(1));
                })
                .isInstanceOf(IOException.class);
    }
}
