package org.mainstay.kit.postgres.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mainstay.kit.Creation;
import org.mainstay.kit.HostProcesses.Signal;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.KitBench;
import org.mainstay.kit.testkit.KitContract;
import org.tukaani.xz.XZInputStream;

/**
 * The kit against the major versions of PostgreSQL that this machine's packages do not have; the packaged one is {@link PostgresKitIT}'s.
 * The build has put artifacts with their programs (and no psql) into {@code target/postgres}.
 */
class PostgresVersionsIT {
    private static final Path ARTIFACTS = Path.of("target/postgres");

    @TempDir(cleanup = CleanupMode.ALWAYS)
    Path folder;

    private final PostgresKit kit = new PostgresKit();
    private Path programs;
    private Path data;
    private int port;

    @BeforeEach
    void needsRoot() throws IOException {
        Assumptions.assumeTrue(
                "root".equals(System.getProperty("user.name")), "needs root: PostgreSQL runs as another user");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static Path artifact(String major) throws IOException {
        try (Stream<Path> files = Files.list(ARTIFACTS)) {
            return files.filter(file -> file.getFileName().toString().matches(".*-" + major + "\\.[0-9.]+\\.jar"))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no PostgreSQL " + major + " in " + ARTIFACTS
                            + ": run Maven with the profile it, which fetches it"));
        }
    }

    private void unpack(Path jar) throws IOException, InterruptedException {
        Path archive = folder.resolve("postgres.tar");
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            ZipEntry entry = zip.stream()
                    .filter(one -> one.getName().endsWith(".txz"))
                    .findFirst()
                    .orElseThrow();
            try (InputStream content = new XZInputStream(new BufferedInputStream(zip.getInputStream(entry)))) {
                Files.copy(content, archive);
            }
        }
        Path unpacked = Files.createDirectory(folder.resolve("pgsql"));
        DataDirectory.run("tar", "-xf", archive.toString(), "-C", unpacked.toString(), "--no-same-owner");
        DataDirectory.run("chmod", "-R", "a+rX", unpacked.toString());
        programs = unpacked.resolve("bin");
    }

    private KitBench bench() {
        return new KitBench(kit, folder, Path.of(System.getProperty("mainstay.native")))
                .limit(Duration.ofMinutes(2))
                .with("data", "volume", Map.of("mount", folder.resolve("volume").toString()));
    }

    private static void succeeds(Outcome outcome) {
        assertThat(outcome.succeeded())
                .as(outcome.message() + "\n" + outcome.detail())
                .isTrue();
    }

    // covers PG-007
    @ParameterizedTest
    @ValueSource(strings = {"13", "14", "16", "17"})
    void aVersionIsProtectedRecoveredAndKeepsTheContract(String major) throws Exception {
        unpack(artifact(major));
        // without fsync: processes are killed here, not the machine
        data = DataDirectory.make(folder, programs, "C", "fsync = off\n").data();
        port = DataDirectory.freePort();
        try (KitBench bench = bench()) {
            ResourceInfo resource = created(bench, major);
            try {
                servesAndIsRecovered(bench, resource, major);
            } finally {
                succeeds(kit.remove(bench.context(resource)));
            }
            assertThat(kit.probe(bench.context(resource)).state()).isEqualTo(Probe.State.STOPPED);
            KitContract.on(bench, kit)
                    .breaking(
                            serving -> bench.context(serving).host().processes().endAll())
                    .verify(resource);
        }
    }

    private ResourceInfo created(KitBench bench, String major) throws IOException {
        Map<String, String> answers =
                Map.of("datadir", data.toString(), "port", String.valueOf(port), "bindir", programs.toString());
        assertThat(data.resolve("PG_VERSION")).hasContent(major);
        Creation creation = bench.tryCreate("", answers);
        assertThat(creation.refusal()).isEmpty();
        assertThat(creation.children()).containsExactly("data");
        return bench.create("pg", answers);
    }

    /** What was committed before a crash is there after the recovery. */
    private void servesAndIsRecovered(KitBench bench, ResourceInfo resource, String major) throws IOException {
        succeeds(kit.restore(bench.context(resource)));
        assertThat(kit.probe(bench.context(resource)).state()).isEqualTo(Probe.State.RUNNING);
        succeeds(kit.quickCheck(bench.context(resource)));
        succeeds(kit.deepCheck(bench.context(resource)));
        Server server = new Server(bench.context(resource));
        assertThat(server.query("SHOW server_version").message()).startsWith(major + ".");
        succeeds(server.query("CREATE TABLE kept (name text)"));
        succeeds(server.query("INSERT INTO kept VALUES ('before the crash')"));

        long before = PostmasterFile.read(data).orElseThrow().pid();
        bench.context(resource).host().processes().signal(before, Signal.KILL);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (kit.quickCheck(bench.context(resource)).succeeded()) {
            assertThat(System.nanoTime()).as("the check notices the death").isLessThan(end);
        }
        succeeds(kit.recover(bench.context(resource)));
        assertThat(PostmasterFile.read(data).orElseThrow().pid()).isNotEqualTo(before);
        succeeds(kit.deepCheck(bench.context(resource)));
        assertThat(server.query("SELECT name FROM kept").message()).isEqualTo("before the crash");
    }
}
