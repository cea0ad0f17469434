package org.mainstay.kit.postgres.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
                "datadir", data.toString(), "port", "5432", "bindir", "/usr/lib/postgresql/15/bin", "owner", "postgres"));
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
}
