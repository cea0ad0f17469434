package com.example.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.KitBench;

/** Beyond the tutorial: somebody else's Redis on our port, and a Redis that needs time to save. */
class OtherRedisTest {
    @TempDir
    Path folder;

    private final RedisKit kit = new RedisKit();
    private String port;

    @BeforeEach
    void choosePort() throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root: programs are started in control groups");
        assumeTrue(
                Stream.of("/usr/bin", "/usr/local/bin").anyMatch(bin -> Files.exists(Path.of(bin, "redis-server"))),
                "needs redis-server");
        try (ServerSocket free = new ServerSocket(0)) {
            port = String.valueOf(free.getLocalPort());
        }
    }

    private KitBench bench() {
        return new KitBench(kit, folder, Path.of(System.getProperty("mainstay.native"))).limit(Duration.ofMinutes(2));
    }

    private Map<String, String> answers(String... settings) throws IOException {
        Path config = folder.resolve("redis.conf");
        Files.writeString(
                config,
                "bind 127.0.0.1\ndir " + folder + "\nlogfile " + folder.resolve("redis.log") + "\n"
                        + String.join("\n", settings) + "\n");
        return Map.of("config", config.toString(), "port", port, "user", "root");
    }

    private Process other() throws IOException {
        Process redis = new ProcessBuilder("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("other.log").toFile())
                .start();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!ask("ping").equals("PONG")) {
            assertTrue(redis.isAlive() && System.nanoTime() < end, "the other Redis serves");
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
        return redis;
    }

    private String ask(String... question) throws IOException {
        Process client = new ProcessBuilder(
                        Stream.concat(Stream.of("redis-cli", "-p", port), Stream.of(question)).toList())
                .redirectErrorStream(true)
                .start();
        return new String(client.getInputStream().readAllBytes()).strip();
    }

    @Test
    void somebodyElsesRedisIsNeitherAdoptedNorShutDown() throws Exception {
        try (KitBench bench = bench()) {
            ResourceInfo resource = bench.create("cache", answers());
            Process other = other();
            try {
                Outcome restored = kit.restore(bench.context(resource));
                assertFalse(restored.succeeded(), restored.message());
                assertTrue(restored.message().contains("port " + port), restored.message());
                assertEquals(Probe.State.UNKNOWN, kit.probe(bench.context(resource)).state());
                Outcome removed = kit.remove(bench.context(resource));
                assertTrue(removed.succeeded(), removed.message());
                assertEquals("PONG", ask("ping"), "the other Redis serves on");
                assertTrue(other.isAlive());
                String refusal = bench.tryCreate("cache", answers()).refusal().orElse("accepted");
                assertTrue(refusal.contains("port " + port), refusal);
            } finally {
                other.destroyForcibly().waitFor();
            }
        }
    }

    @Test
    void whatTakesLongToSaveIsSaved() throws Exception {
        try (KitBench bench = bench()) {
            // a tenth of a second for each of the keys
            ResourceInfo resource = bench.create("cache", answers("save 3600 1", "rdb-key-save-delay 100000"));
            assertTrue(kit.restore(bench.context(resource)).succeeded());
            List<String> keys =
                    IntStream.range(0, 100).mapToObj(key -> "key" + key).toList();
            assertEquals("OK", ask(Stream.concat(Stream.of("mset"), keys.stream().flatMap(key -> Stream.of(key, "x")))
                    .toArray(String[]::new)));
            Outcome removed = kit.remove(bench.context(resource));
            assertTrue(removed.succeeded(), removed.message());
            assertEquals(List.of(), bench.progress(), "nothing to warn of");
            assertTrue(kit.restore(bench.context(resource)).succeeded());
            assertEquals(String.valueOf(keys.size()), ask("dbsize"), "what was written is there again");
            assertTrue(bench.context(resource).host().processes().endAll().succeeded());
        }
    }

    @Test
    void aRedisThatEndsWhileItStartsIsNotWaitedFor() throws Exception {
        try (KitBench bench = bench();
                ServerSocket taken = new ServerSocket(Integer.parseInt(port))) {
            ResourceInfo resource = bench.create("cache", answers());
            Outcome restored = kit.restore(bench.context(resource));
            assertFalse(restored.succeeded());
            assertTrue(restored.message().contains("ended"), restored.message() + taken);
        }
    }
}
