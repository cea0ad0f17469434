package org.mainstay.guard.witness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.util.Await;

/** Against a server that answers as etcd does, as slowly as a test wants. */
@Timeout(60)
class EtcdClientTest {
    private static final long CALL = 3000;

    @TempDir
    Path folder;

    private final AtomicInteger authentications = new AtomicInteger();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private volatile String slowPath = "/v3/auth/authenticate";
    private HttpServer server;
    private EtcdClient client;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
        Path password = Files.writeString(folder.resolve("password"), "secret\n");
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-------"));
        URI endpoint = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
        client = new EtcdClient(
                new EtcdSettings(List.of(endpoint), "/", "mainstay", password.toString(), "", "", ""), CALL);
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        boolean authenticates = path.equals("/v3/auth/authenticate");
        if (authenticates) {
            authentications.incrementAndGet();
        }
        if (path.equals(slowPath)) {
            longerThanACall();
        }
        boolean known = "fresh".equals(exchange.getRequestHeaders().getFirst("Authorization"));
        String body = authenticates
                ? "{\"token\":\"fresh\"}"
                : known ? "{\"count\":\"7\"}" : "{\"error\":\"etcdserver: invalid auth token\",\"code\":16}";
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(authenticates || known ? 200 : 401, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private static void longerThanACall() throws IOException {
        long began = System.nanoTime();
        try {
            Await.until("longer than a call", 30_000, () -> System.nanoTime() - began > CALL * 1_200_000);
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    @Test
    void anAuthenticationMayTakeLongerThanACall() throws Exception {
        assertThat(client.call("/v3/kv/range", "{}").number("count")).isEqualTo(7);
        assertThat(client.call("/v3/kv/range", "{}").number("count")).isEqualTo(7);
        assertThat(authentications).as("the token is kept").hasValue(1);
    }

    @Test
    void anOrdinaryCallMayNot() {
        slowPath = "/v3/kv/range";
        assertThatThrownBy(() -> client.call("/v3/kv/range", "{}"))
                .hasMessageContaining("does not answer within " + CALL + " ms");
        assertThat(authentications).hasValue(1);
    }
}
