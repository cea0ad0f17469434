package org.mainstay.comm.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mainstay.comm.internal.identity.Certificates;
import org.mainstay.comm.internal.net.Settings;
import org.mainstay.comm.internal.session.Limits;

/** Who is not a member, or no longer, or does not keep to the protocol, is turned away; members do not notice. */
class IntruderTest {
    private static final Settings SETTINGS = new Settings(
            Duration.ofSeconds(10),
            Duration.ofSeconds(1),
            Duration.ofSeconds(15),
            Duration.ofMillis(200),
            Duration.ofSeconds(10),
            20,
            8,
            Limits.DEFAULT);

    private TestCluster cluster;
    private TestCluster.Server a;
    private TestCluster.Server b;
    private Inspector atA;
    private Inspector atB;

    @BeforeEach
    void start() throws Exception {
        cluster = new TestCluster();
        a = cluster.add("A", "127.0.6.1", SETTINGS);
        b = cluster.add("B", "127.0.6.2", SETTINGS);
        atA = new Inspector(a.node, "core");
        atB = new Inspector(b.node, "core");
        Await.until("both have a session", () -> atA.open("B") && atB.open("A"));
    }

    @AfterEach
    void membersNoticedNothing() {
        int before = atB.count("core");
        assertThat(a.node.send("B", "core", Inspector.numbered(1, 10))).isTrue();
        Await.until("members still talk", () -> atB.count("core") == before + 1);
        assertThat(atB.sessions).as("in the same session").hasSize(1);
        cluster.close();
    }

    private Socket plain() throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress("127.0.6.2", cluster.port), 5000);
        socket.setSoTimeout(10_000);
        return socket;
    }

    /** Reads to the end; fails if the other side neither answers nor closes. */
    private static void assertClosed(Socket socket) throws IOException {
        try (socket) {
            InputStream in = socket.getInputStream();
            byte[] buffer = new byte[4096];
            while (in.read(buffer) >= 0) {
                assertThat(buffer).isNotNull();
            }
        } catch (SocketException | SSLException | EOFException e) {
            assertThat(e).isNotNull(); // refused the hard way
        }
    }

    private static KeyManager key(PrivateKey key, X509Certificate certificate) {
        return new X509ExtendedKeyManager() {
            @Override
            public String[] getClientAliases(String type, Principal[] issuers) {
                return new String[] {"x"};
            }

            @Override
            public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
                return "x";
            }

            @Override
            public String[] getServerAliases(String type, Principal[] issuers) {
                return new String[] {"x"};
            }

            @Override
            public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
                return "x";
            }

            @Override
            public X509Certificate[] getCertificateChain(String alias) {
                return new X509Certificate[] {certificate};
            }

            @Override
            public PrivateKey getPrivateKey(String alias) {
                return key;
            }
        };
    }

    private static final class TrustAll extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    private SSLSocket tls(String protocol, KeyManager... keys) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys, new TrustManager[] {new TrustAll()}, new SecureRandom());
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.6.2", cluster.port);
        socket.setEnabledProtocols(new String[] {protocol});
        socket.setSoTimeout(10_000);
        return socket;
    }

    private static void speak(SSLSocket socket, byte[] bytes) throws IOException {
        try {
            socket.startHandshake();
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
        } catch (SSLException | SocketException e) {
            assertThat(e).isNotNull(); // refused in the handshake
        }
        assertClosed(socket);
    }

    private static byte[] frame(int version, int type, long length, byte[] body) {
        return ByteBuffer.allocate(8 + body.length)
                .put((byte) version)
                .put((byte) type)
                .putShort((short) 0)
                .putInt((int) length)
                .put(body)
                .array();
    }

    private static byte[] hello(String name) {
        byte[] body = ("{\"versions\":[1,1],\"name\":\"" + name
                        + "\",\"path\":\"\",\"instance\":\"1\",\"session\":1,\"resume\":false,\"received\":0,\"epoch\":1}")
                .getBytes(StandardCharsets.UTF_8);
        return frame(1, 1, body.length, body);
    }

    private KeyManager asA() {
        return key(a.identity.key(), a.identity.certificate());
    }

    @Test
    void plainTcpIsClosedAtOnce() throws Exception {
        Socket socket = plain();
        socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        assertClosed(socket);
    }

    @Test
    void silenceAndSlowTalkAreCutOffInTime() throws Exception {
        Socket silent = plain();
        Socket slow = plain();
        slow.getOutputStream().write(0x16);
        long begin = System.nanoTime();
        assertClosed(silent);
        assertClosed(slow);
        Socket halfTls = plain();
        halfTls.getOutputStream().write(new byte[] {0x16, 3, 1, 0x40, 0});
        assertClosed(halfTls);
        SSLSocket noHello = tls("TLSv1.3", asA());
        noHello.startHandshake();
        assertClosed(noHello);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(15));
    }

    @Test
    void manyStrangersFromOneSourceAreTurnedAwayWithoutWaiting() throws Exception {
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            sockets.add(plain());
        }
        for (Socket socket : sockets.subList(20, 40)) {
            assertClosed(socket);
        }
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    @Test
    void noCertificateOldTlsAndForeignCertificatesAreRefused() throws Exception {
        speak(tls("TLSv1.3"), hello("A"));
        speak(tls("TLSv1.2", asA()), hello("A"));
        KeyPair foreignAuthority = Certificates.newKeyPair();
        KeyPair own = Certificates.newKeyPair();
        X509Certificate foreign = Certificates.issue(foreignAuthority.getPrivate(), "A", own.getPublic());
        speak(tls("TLSv1.3", key(own.getPrivate(), foreign)), hello("A"));
        // signed by the right authority, as every member could, but not the key the membership pins
        X509Certificate other = Certificates.issue(cluster.authorityKeys.getPrivate(), "A", own.getPublic());
        speak(tls("TLSv1.3", key(own.getPrivate(), other)), hello("A"));
        X509Certificate unknown = Certificates.issue(cluster.authorityKeys.getPrivate(), "X", own.getPublic());
        speak(tls("TLSv1.3", key(own.getPrivate(), unknown)), hello("X"));
        // the member's certificate without its key
        speak(tls("TLSv1.3", key(own.getPrivate(), a.identity.certificate())), hello("A"));
    }

    @Test
    void membersThatBreakTheProtocolAreCutOff() throws Exception {
        byte[] none = new byte[0];
        speak(tls("TLSv1.3", asA()), frame(1, 3, 0xffffffffL, none));
        speak(tls("TLSv1.3", asA()), frame(1, 1, 5000, none));
        speak(tls("TLSv1.3", asA()), frame(2, 1, 0, none));
        speak(tls("TLSv1.3", asA()), frame(1, 99, 0, none));
        speak(tls("TLSv1.3", asA()), frame(1, 1, 2, "[]".getBytes(StandardCharsets.US_ASCII)));
        speak(tls("TLSv1.3", asA()), hello("B"));
        speak(tls("TLSv1.3", asA()), frame(1, 2, 14, "{\"status\":\"OK\"".getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void randomBytesInsideTlsHarmNobody() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 60; i++) {
            byte[] body = new byte[random.nextInt(200)];
            random.nextBytes(body);
            byte[] noise = frame(1, 1 + random.nextInt(8), random.nextInt(220), body);
            try (SSLSocket socket = tls("TLSv1.3", asA())) {
                socket.startHandshake();
                OutputStream out = socket.getOutputStream();
                out.write(noise);
                out.flush();
            } catch (SSLException | SocketException e) {
                assertThat(e).as("seed %d", seed).isNotNull();
            }
        }
    }

    @Test
    void aRemovedMemberIsRefusedFromThenOn() throws Exception {
        TestCluster.Server c = cluster.add("C", "127.0.6.3", SETTINGS);
        Inspector atC = new Inspector(c.node, "core");
        Await.until("C talks to both", () -> atC.open("A") && atC.open("B") && atB.open("C"));
        cluster.remove("C");
        assertThat(b.node.send("C", "core", Inspector.numbered(1, 4)))
                .as("it still learns of its removal by the session there is")
                .isTrue();
        Await.until("C is told", () -> atC.count("core") == 1);
        Await.until("C is alone", () -> !atC.open("A") && !atC.open("B"));
        speak(tls("TLSv1.3", key(c.identity.key(), c.identity.certificate())), hello("C"));
        assertThat(b.node.send("C", "core", new byte[0])).isFalse();
        c.node.close();
        atB.sessions.removeIf(session -> session.peer().equals("C"));
    }
}
