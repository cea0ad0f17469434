package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.mirror.engine.nbd.Certificates;
import org.mainstay.mirror.engine.nbd.RawClient;
import org.mainstay.mirror.engine.volume.Trust;

/** What an administrator puts into the engine's folder {@code nbd-tls} counts at once. */
@Timeout(180)
class NbdPortTest {
    private static final String LISTENS = "NBD over TCP with TLS listens at ";

    @TempDir
    private Path folder;

    private final List<String> log = new CopyOnWriteArrayList<>();
    private Engine engine;
    private Path settings;
    private Certificates own;

    @BeforeEach
    void start() throws Exception {
        try (RandomAccessFile file =
                new RandomAccessFile(folder.resolve("a.img").toFile(), "rw")) {
            file.setLength(1 << 20);
        }
        engine = new Engine(folder, "A", null, null, 8L << 20, log::add);
        engine.create("v", folder.resolve("a.img").toString(), folder.toString());
        engine.startSource("v", 3, Trust.OWN, Long.MAX_VALUE);
        settings = folder.resolve("nbd-tls");
        own = new Certificates(settings);
    }

    @AfterEach
    void stop() throws IOException {
        engine.close();
    }

    private static void await(BooleanSupplier what) {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!what.getAsBoolean()) {
            assertThat(System.nanoTime()).as("it comes").isLessThan(end);
            LockSupport.parkNanos(20_000_000);
        }
    }

    private long logged(String part) {
        return log.stream().filter(line -> line.contains(part)).count();
    }

    private InetSocketAddress on(String listen) throws IOException {
        long before = logged(LISTENS);
        Files.writeString(settings.resolve("listen"), listen + "\n");
        await(() -> logged(LISTENS) > before);
        String line = log.stream().filter(l -> l.contains(LISTENS)).reduce("", (a, b) -> b);
        return new InetSocketAddress("127.0.0.1", Integer.parseInt(line.substring(line.lastIndexOf(':') + 1)));
    }

    private RawClient client(InetSocketAddress where) throws IOException {
        return new RawClient(where).hello().startTls(own.client()).go("v@3");
    }

    @Test
    void itIsOnWhileTheFileSaysSo() throws Exception {
        assertThat(logged("NBD over TCP")).as("off unless asked for").isZero();
        InetSocketAddress where = on("127.0.0.1:0");
        try (RawClient client = client(where)) {
            assertThat(client.writeAt(0, new byte[4096]).error()).isZero();
            Files.delete(settings.resolve("listen"));
            assertThat(client.ended()).as("off is off").isTrue();
        }
        assertThatThrownBy(() -> client(where)).isInstanceOf(IOException.class);
        InetSocketAddress again = on("*:0");
        client(again).close();
    }

    @Test
    void aNewCertificateDisconnectsNobodyAndANewAuthorityEverybody() throws Exception {
        InetSocketAddress where = on("127.0.0.1:0");
        try (RawClient client = client(where)) {
            Files.delete(settings.resolve("server-key.pem"));
            await(() -> logged("what changed does not count: ") == 1);
            assertThat(logged("server-key.pem is missing")).isEqualTo(1);
            own.issue("server", "serverAuth", "");
            await(() -> {
                try (RawClient other = client(where)) {
                    return other.flush() == 0;
                } catch (IOException e) {
                    return false;
                }
            });
            assertThat(client.flush()).isZero();
            Certificates next = new Certificates(folder.resolve("next"));
            for (String file : List.of("server-cert.pem", "server-key.pem", "ca-cert.pem")) {
                Files.write(settings.resolve(file), Files.readAllBytes(next.folder.resolve(file)));
            }
            assertThat(client.ended()).as("who is trusted no more goes").isTrue();
        }
    }

    @Test
    void whatIsWrongIsSaidOnce() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            Files.writeString(settings.resolve("listen"), "127.0.0.1:" + taken.getLocalPort());
            await(() -> logged("cannot be listened at") > 0);
        }
        await(() -> logged(LISTENS) > 0);
        Files.delete(settings.resolve("listen"));
        await(() -> logged("does not listen any more") > 0);
        Files.copy(settings.resolve("client-key.pem"), folder.resolve("other-key"));
        Files.move(settings.resolve("server-key.pem"), folder.resolve("server-key"));
        Files.copy(folder.resolve("other-key"), settings.resolve("server-key.pem"));
        Files.writeString(settings.resolve("listen"), "127.0.0.1:0");
        await(() -> logged("server-key.pem is not the key of server-cert.pem") > 0);
        Files.writeString(
                settings.resolve("server-key.pem"), "-----BEGIN EC PRIVATE KEY-----\n-----END EC PRIVATE KEY-----");
        await(() -> logged("openssl pkcs8 -topk8") > 0);
        Files.writeString(settings.resolve("server-cert.pem"), "");
        await(() -> logged("server-cert.pem holds no certificate") > 0);
        Files.writeString(settings.resolve("listen"), "7");
        await(() -> logged("'7' is not HOST:PORT") > 0 || logged("holds no certificate") > 0);
        assertThat(log.stream()
                        .filter(line -> line.contains("ERROR NBD"))
                        .distinct()
                        .count())
                .isEqualTo(logged("ERROR NBD"));
    }
}
