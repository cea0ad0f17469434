package com.example.redis;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.KitBench;
import org.mainstay.kit.testkit.KitContract;

/** The kit keeps the contract of kits, with a real Redis on this machine. */
class RedisKitTest {
    @TempDir
    Path folder;

    private final RedisKit kit = new RedisKit();

    private KitBench bench() {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root: programs are started in control groups");
        assumeTrue(
                Stream.of("/usr/bin", "/usr/local/bin").anyMatch(bin -> Files.exists(Path.of(bin, "redis-server"))),
                "needs redis-server");
        return new KitBench(kit, folder, Path.of(System.getProperty("mainstay.native")));
    }

    private Map<String, String> answers() throws IOException {
        Path config = folder.resolve("redis.conf");
        Files.writeString(config, "bind 127.0.0.1\ndir " + folder + "\nlogfile " + folder.resolve("redis.log") + "\n");
        try (ServerSocket free = new ServerSocket(0)) {
            return Map.of("config", config.toString(), "port", String.valueOf(free.getLocalPort()), "user", "root");
        }
    }

    @Test
    void keepsTheContract() throws IOException {
        try (KitBench bench = bench()) {
            ResourceInfo resource = bench.create("cache", answers());
            KitContract.on(bench, kit)
                    .breaking(serving -> bench.context(serving).host().processes().endAll())
                    .verify(resource);
        }
    }

    @Test
    void refusesAUserThatDoesNotExist() throws IOException {
        try (KitBench bench = bench()) {
            var refusal = bench.tryCreate("cache", Map.of("config", "/srv/redis.conf", "user", "nobody-of-this-name"));
            assertTrue(refusal.refusal().orElseThrow().contains("nobody-of-this-name"));
        }
    }
}
