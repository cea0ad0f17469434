package org.mainstay.kit.postgres.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.Action;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.KitBench;

/** What can be judged without a PostgreSQL: programs that sleep under its name stand for its processes. */
class PostgresKitTest {
    @TempDir
    Path folder;

    private final PostgresKit kit = new PostgresKit();
    private KitBench bench;
    private Path data;

    @BeforeEach
    void open() throws IOException {
        data = Files.createDirectories(folder.resolve("volume/main"));
        Files.writeString(data.resolve("PG_VERSION"), "15\n");
        bench = new KitBench(kit, folder, Path.of(System.getProperty("mainstay.native")));
    }

    @AfterEach
    void close() {
        bench.close();
    }

    private ResourceInfo resource(Map<String, String> changes) {
        Map<String, String> properties = new HashMap<>(Map.of(
                "datadir",
                data.toString(),
                "port",
                "5432",
                "bindir",
                "/usr/lib/postgresql/15/bin",
                "owner",
                "postgres"));
        properties.putAll(changes);
        return new ResourceInfo("bench", "pg", "5432", "database", "postgres", properties, true);
    }

    private Process postgres() throws IOException {
        Path program = folder.resolve("postgres");
        if (!Files.exists(program)) {
            Files.copy(Path.of("/bin/sleep").toRealPath(), program);
            assertThat(program.toFile().setExecutable(true)).isTrue();
        }
        return new ProcessBuilder(program.toString(), "600")
                .directory(data.toFile())
                .start();
    }

    /** The backends of an adopted server are in no control group of ours, and they may still write. */
    @Test
    void backendsOfAnAdoptedServerWhosePostmasterIsGoneAreSeenAndEnded() throws Exception {
        ResourceInfo adopted = resource(Map.of());
        assertThat(kit.probe(bench.context(adopted)).state()).isEqualTo(Probe.State.STOPPED);
        Process backend = postgres();
        try {
            Probe probe = kit.probe(bench.context(adopted));
            assertThat(probe.state()).as(probe.message()).isEqualTo(Probe.State.PARTIAL);
            assertThat(probe.message()).contains(String.valueOf(backend.pid()));
            Outcome removed = kit.remove(bench.context(adopted));
            assertThat(removed.succeeded()).as(removed.message()).isTrue();
            assertThat(backend.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(kit.probe(bench.context(adopted)).state()).isEqualTo(Probe.State.STOPPED);
        } finally {
            backend.destroyForcibly();
        }
    }

    @Test
    void pathsThatAShellWouldInterpretAreRefusedWhereverTheyComeFrom() {
        for (Map<String, String> wrong : List.of(
                Map.of("socketdir", "/x;reboot"),
                Map.of("socketdir", "/x y"),
                Map.of("socketdir", "/x\nreboot"),
                Map.of("socketdir", "x"),
                Map.of("bindir", "/x/$(reboot)"),
                Map.of("datadir", "/x`reboot`"))) {
            String name = wrong.keySet().iterator().next();
            ResourceInfo resource = resource(wrong);
            assertThat(kit.validate(bench.context(resource)).message()).startsWith(name + "=");
            assertThat(kit.create(bench.context(resource)).refusal().orElse("accepted"))
                    .startsWith(name + "=");
            assertThat(kit.extend(bench.context(resource)).refusal().orElse("accepted"))
                    .startsWith(name + "=");
        }
    }

    /** A check after such a change would find nothing in the new directory and end the healthy server as a leftover. */
    @Test
    void aSetNeverTakesTheResourceFromTheServerThatRuns() throws Exception {
        int port;
        try (ServerSocket listens = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            port = listens.getLocalPort();
            Map<String, String> own = Map.of("port", String.valueOf(port), "socketdir", "");
            ResourceInfo serving = resource(own);
            Outcome moved = kit.validate(bench.context(withId(serving, String.valueOf(port), true)));
            assertThat(moved.message()).startsWith("datadir=").contains("out of service");
            Process postmaster = postgres();
            Files.writeString(data.resolve("postmaster.pid"), postmaster.pid() + "\n");
            try {
                assertThat(kit.validate(bench.context(withId(serving, String.valueOf(port), true)))
                                .succeeded())
                        .isTrue();
            } finally {
                postmaster.destroyForcibly().waitFor();
            }
            assertThat(kit.validate(bench.context(withId(serving, String.valueOf(port), false)))
                            .succeeded())
                    .isTrue();
        }
        assertThat(kit.validate(bench.context(withId(resource(Map.of()), "5433", false)))
                        .message())
                .contains("port=5432", "5433");
    }

    /** Something runs, but it never becomes a postmaster. */
    // covers PG-134
    @Test
    void aStartThatShowsNoPostmasterIsNotWaitedForBeyondTheRetries() throws Exception {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "needs root: programs run in a group");
        Path programs = Files.createDirectory(folder.resolve("bin"));
        Path start = Files.writeString(
                programs.resolve("pg_ctl"), "#!/bin/sh\nsleep 600 < /dev/null > /dev/null 2>&1 &\nexit 0\n");
        assertThat(start.toFile().setExecutable(true)).isTrue();
        ResourceInfo stuck = resource(Map.of("bindir", programs.toString(), "owner", "root"));
        bench.tunable("LKPGSQL_START_RETRIES", "3");
        Outcome restored = new PostgresKit(Duration.ofMillis(250)).restore(bench.context(stuck));
        assertThat(restored.succeeded()).isFalse();
        assertThat(restored.message())
                .as("less than twelve retries count as twelve")
                .startsWith("PostgreSQL did not start within 3 s (LKPGSQL_START_RETRIES)");
        assertThat(kit.remove(bench.context(stuck)).succeeded()).isTrue();
        assertThat(kit.probe(bench.context(stuck)).state()).isEqualTo(Probe.State.STOPPED);
    }

    /** The core gives a remove no more time than the descriptor says: the least of all tunables must fit. */
    @Test
    void removeHasTimeForTheCheckpointAndAllWaysOfStopping() {
        Duration least = Duration.ofSeconds(60).plus(Duration.ofSeconds(60)).plus(Duration.ofSeconds(30));
        assertThat(kit.descriptor().timeLimit(Action.REMOVE)).isGreaterThan(least.multipliedBy(2));
    }

    private static ResourceInfo withId(ResourceInfo resource, String id, boolean inService) {
        return new ResourceInfo(
                resource.server(),
                resource.tag(),
                id,
                resource.application(),
                resource.type(),
                resource.properties(),
                inService);
    }
}
