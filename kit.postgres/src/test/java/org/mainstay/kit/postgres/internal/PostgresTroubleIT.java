package org.mainstay.kit.postgres.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.KitBench;

/** A real PostgreSQL that does not start or stop as it should, or whose log has grown for years. */
class PostgresTroubleIT {
    /** More than an array can hold. */
    private static final long YEARS = 3L << 30;

    /** In place of 5 s: the least 12 retries of a stop are a second and a bit. */
    private static final Duration HASTY = Duration.ofMillis(100);

    @TempDir(cleanup = CleanupMode.ALWAYS)
    Path folder;

    private final PostgresKit kit = new PostgresKit();
    private KitBench bench;
    private Path data;
    private ResourceInfo resource;

    @BeforeEach
    void makeDataDirectory() throws Exception {
        Assumptions.assumeTrue(
                "root".equals(System.getProperty("user.name")), "needs root: PostgreSQL runs as another user");
        data = DataDirectory.make(folder, DataDirectory.programs(), "C.UTF-8", "")
                .data();
        int port = DataDirectory.freePort();
        bench = new KitBench(kit, folder, Path.of(System.getProperty("mainstay.native")))
                .with("data", "volume", Map.of("mount", folder.resolve("volume").toString()));
        resource = bench.create("pg", Map.of("datadir", data.toString(), "port", String.valueOf(port)));
    }

    @AfterEach
    void stop() {
        if (bench != null) {
            bench.limit(Duration.ofMinutes(3));
            assertThat(kit.remove(bench.context(resource)).succeeded()).isTrue();
            bench.close();
        }
    }

    private void configure(String... lines) throws IOException {
        Files.writeString(data.resolve("postgresql.conf"), String.join("\n", lines) + "\n", StandardOpenOption.APPEND);
    }

    private void restore() {
        Outcome restored = kit.restore(bench.context(resource));
        assertThat(restored.succeeded()).as(restored.message()).isTrue();
    }

    private long postmaster() throws IOException {
        return PostmasterFile.read(data).orElseThrow().pid();
    }

    private Path growLog() throws IOException, InterruptedException {
        Path log = data.resolve(Server.LOG);
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "rw")) {
            file.setLength(YEARS);
        }
        DataDirectory.run("chown", "postgres:", log.toString());
        return log;
    }

    private void await(String progress) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (bench.progress().stream().noneMatch(line -> line.contains(progress)) && System.nanoTime() < end) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
    }

    @Test
    void aSlowStartBesideAHugeLogOnlyLooksAtItsEnd() throws Exception {
        growLog();
        Path go = folder.resolve("go");
        // recovery from an archive waits for its first file until we let it
        configure("restore_command = 'until [ -e " + go + " ]; do sleep 0.1; done; false'");
        Files.createFile(data.resolve("recovery.signal"));
        Thread release = new Thread(() -> {
            await("PostgreSQL is starting since");
            try {
                Files.createFile(go);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        release.setDaemon(true);
        release.start();
        bench.limit(Duration.ofMinutes(3));
        restore();
        assertThat(bench.progress())
                .anyMatch(line -> line.contains("PostgreSQL is starting since") && line.contains("its log says: "));
    }

    @Test
    void aStartThatFailsBesideAHugeLogSaysWhatIsNewInIt() throws Exception {
        growLog();
        configure("no_such_setting = 1");
        Outcome restored = kit.restore(bench.context(resource));
        assertThat(restored.succeeded()).isFalse();
        assertThat(restored.message()).contains("no_such_setting");
        assertThat(restored.message() + restored.detail()).doesNotContain("\0");
        assertThat(restored.detail()).hasSizeLessThan(10_000);
    }

    private long checkpointer() {
        return bench.context(resource).host().processes().workingIn(data).stream()
                .filter(pid -> bench.context(resource).host().processes().commandLine(pid).stream()
                        .anyMatch(line -> line.toString().contains("checkpointer")))
                .findFirst()
                .orElseThrow();
    }

    private void removeWith(PostgresKit hasty) throws IOException {
        bench.limit(Duration.ofMinutes(3));
        bench.tunable("LKPGSQL_CHECKPOINT_SECS", "0");
        Outcome removed = hasty.remove(bench.context(resource));
        assertThat(removed.succeeded()).as(removed.message()).isTrue();
        assertThat(kit.probe(bench.context(resource)).state()).isEqualTo(Probe.State.STOPPED);
        assertThat(bench.context(resource).host().processes().workingIn(data)).isEmpty();
    }

    /** The shutdown waits for a process that does not move: it is not fast, but immediately possible. */
    // covers PG-075 PG-135
    @Test
    void aStopThatIsNotFastIsMadeImmediately() throws Exception {
        restore();
        DataDirectory.run("kill", "-STOP", String.valueOf(checkpointer()));
        removeWith(new PostgresKit(HASTY));
        assertThat(bench.progress())
                .anyMatch(line -> line.contains("did not stop within 1 s; stopping it immediately"))
                .noneMatch(line -> line.contains("killing its postmaster"));
        assertThat(new ServerLog(data.resolve(Server.LOG)).tail())
                .contains("received fast shutdown request")
                .contains("received immediate shutdown request");
        // and the next start is a recovery
        restore();
    }

    // covers PG-075
    @Test
    void aPostmasterThatDoesNotHearAnythingIsKilled() throws Exception {
        restore();
        DataDirectory.run("kill", "-STOP", String.valueOf(postmaster()));
        removeWith(new PostgresKit(HASTY));
        assertThat(bench.progress())
                .anyMatch(line -> line.contains("stopping it immediately"))
                .anyMatch(line -> line.contains("killing its postmaster"));
        restore();
    }

    /** What is left of the action's time is divided: there is always some for the hard ways. */
    // covers PG-135
    @Test
    void theFastStopLeavesTimeForTheHardWays() throws Exception {
        restore();
        bench.tunable("LKPGSQL_STOP_RETRIES", "1000");
        DataDirectory.run("kill", "-STOP", String.valueOf(postmaster()));
        bench.limit(Duration.ofSeconds(40));
        CreateContext context = bench.context(resource);
        Outcome removed = kit.remove(context);
        assertThat(removed.succeeded()).as(removed.message()).isTrue();
        assertThat(context.remaining()).as("the host still acts for the action").isPositive();
        assertThat(bench.progress()).anyMatch(line -> line.contains("of the 5000 s of LKPGSQL_STOP_RETRIES"));
        assertThat(kit.probe(bench.context(resource)).state()).isEqualTo(Probe.State.STOPPED);
    }

    // covers PG-071 PG-136
    @Test
    void aServerThatLetsNobodyInIsNotWaitedForBeyondTheRetries() throws Exception {
        Files.writeString(data.resolve("pg_hba.conf"), "local all all reject\nhost all all all reject\n");
        bench.tunable("LKPGSQL_RESTORE_CONNECT_RETRIES", "1");
        Outcome restored = new PostgresKit(Duration.ofMillis(500)).restore(bench.context(resource));
        assertThat(restored.succeeded()).isFalse();
        assertThat(restored.message())
                .as("less than two retries count as two")
                .contains("does not answer 'postgres' within 1 s (LKPGSQL_RESTORE_CONNECT_RETRIES)");
    }
}
