package org.mainstay.kit.postgres.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.Creation;
import org.mainstay.kit.HostProcesses.Signal;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.KitBench;
import org.mainstay.kit.testkit.KitContract;

/** The kit against a real PostgreSQL, with a plain folder in the place of the volume. */
class PostgresKitIT {
    @TempDir(cleanup = CleanupMode.ALWAYS)
    Path folder;

    private final PostgresKit kit = new PostgresKit();
    private KitBench bench;
    private Path data;
    private int port;
    private ResourceInfo resource;

    @BeforeEach
    void makeDataDirectory() throws Exception {
        Assumptions.assumeTrue(
                "root".equals(System.getProperty("user.name")), "needs root: PostgreSQL runs as another user");
        data = DataDirectory.make(folder, DataDirectory.programs(), "C.UTF-8", "")
                .data();
        port = DataDirectory.freePort();
        bench = new KitBench(kit, folder, Path.of(System.getProperty("mainstay.native")))
                .with("data", "volume", Map.of("mount", folder.resolve("volume").toString()));
    }

    @AfterEach
    void stop() {
        if (bench != null) {
            if (resource != null) {
                assertThat(kit.remove(bench.context(resource)).succeeded()).isTrue();
            }
            bench.close();
        }
    }

    private Map<String, String> answers() {
        return new HashMap<>(Map.of("datadir", data.toString(), "port", String.valueOf(port)));
    }

    private void create() {
        resource = bench.create("pg", answers());
    }

    private Outcome restore() {
        return kit.restore(bench.context(resource));
    }

    private long postmaster() throws IOException {
        return PostmasterFile.read(data).orElseThrow().pid();
    }

    // covers PG-001 PG-003 PG-005 PG-007 PG-008 PG-023 PG-054 PG-040 PG-046
    @Test
    void createFindsProgramsOwnerAndVolume() {
        Creation creation = bench.tryCreate("", answers());
        assertThat(creation.refusal()).isEmpty();
        assertThat(creation.children()).containsExactly("data");
        assertThat(creation.suggestedTag()).contains("pgsql-" + port);
        assertThat(creation.properties()).containsEntry("owner", "postgres").containsKey("bindir");
    }

    // covers PG-010 PG-069 PG-071 PG-074 PG-077 PG-078 PG-099 PG-100 PG-098
    @Test
    void restoreServesCheckAndRemove() throws Exception {
        create();
        assertThat(kit.probe(bench.context(resource)).state()).isEqualTo(Probe.State.STOPPED);
        assertThat(restore().succeeded()).as(restore().message()).isTrue();
        assertThat(kit.probe(bench.context(resource)).state()).isEqualTo(Probe.State.RUNNING);
        assertThat(kit.quickCheck(bench.context(resource)).succeeded()).isTrue();
        assertThat(kit.deepCheck(bench.context(resource)).succeeded()).isTrue();
        assertThat(kit.remove(bench.context(resource)).succeeded()).isTrue();
        assertThat(kit.probe(bench.context(resource)).state()).isEqualTo(Probe.State.STOPPED);
        assertThat(kit.quickCheck(bench.context(resource)).succeeded()).isFalse();
        assertThat(kit.remove(bench.context(resource)).succeeded()).isTrue();
    }

    @Test
    void restoreOfARunningServerLeavesItsProcessAlone() throws Exception {
        create();
        restore();
        long before = postmaster();
        assertThat(restore().succeeded()).isTrue();
        assertThat(postmaster()).isEqualTo(before);
    }

    // covers PG-073 PG-081 PG-079 PG-082 PG-142
    @Test
    void aKilledServerIsRecovered() throws Exception {
        create();
        restore();
        long before = postmaster();
        bench.context(resource).host().processes().signal(before, Signal.KILL);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (kit.quickCheck(bench.context(resource)).succeeded()) {
            assertThat(System.nanoTime()).as("the check notices the death").isLessThan(end);
        }
        Outcome recovered = kit.recover(bench.context(resource));
        assertThat(recovered.succeeded()).as(recovered.message()).isTrue();
        assertThat(postmaster()).isNotEqualTo(before);
        assertThat(kit.deepCheck(bench.context(resource)).succeeded()).isTrue();
    }

    // covers PG-143
    @Test
    void aLockFileLeftByADeadServerDoesNotStopTheStart() throws Exception {
        create();
        restore();
        String lock = Files.readString(data.resolve(PostmasterFile.NAME));
        kit.remove(bench.context(resource));
        // the pid of a process of the same user that is no postmaster: PostgreSQL itself would refuse (PG-143)
        Process other = new ProcessBuilder("runuser", "-u", "postgres", "--", "sleep", "600").start();
        try {
            Files.writeString(
                    data.resolve(PostmasterFile.NAME), lock.replaceFirst("^\\d+", String.valueOf(other.pid())));
            Outcome restored = restore();
            assertThat(restored.succeeded()).as(restored.message()).isTrue();
        } finally {
            other.descendants().forEach(ProcessHandle::destroyForcibly);
            other.destroyForcibly();
        }
    }

    // covers PG-070
    @Test
    void aServerThatCannotStartSaysWhatItsLogSays() throws Exception {
        create();
        Files.writeString(data.resolve("postgresql.conf"), "no_such_setting = 1\n", StandardOpenOption.APPEND);
        Outcome restored = restore();
        assertThat(restored.succeeded()).isFalse();
        assertThat(restored.message()).contains("no_such_setting");
    }

    // covers PG-002 PG-009 PG-014 PG-027 PG-049 PG-104 PG-042 PG-107 PG-147
    @Test
    void aRunningServerIsAdoptedWithItsPort() throws Exception {
        create();
        restore();
        Map<String, String> answers = answers();
        answers.remove("port");
        assertThat(bench.tryCreate("again", answers).properties()).containsEntry("port", String.valueOf(port));
        answers.put("port", String.valueOf(port == 1 ? 2 : port - 1));
        assertThat(bench.tryCreate("again", answers).refusal().orElse("")).contains("listens on " + port);
    }

    @Test
    void backendsOfADeadServerThatWasAdoptedAreEndedFirst() throws Exception {
        create();
        // started by hand, outside our control group
        DataDirectory.run(
                "runuser",
                "-u",
                "postgres",
                "--",
                DataDirectory.programs().resolve("pg_ctl").toString(),
                "start",
                "-w",
                "-s",
                "-D",
                data.toString(),
                "-l",
                "/dev/null",
                "-o",
                "-p " + port);
        assertThat(restore().succeeded()).isTrue();
        long before = postmaster();
        List<Long> family = bench.context(resource).host().processes().workingIn(data);
        assertThat(family).contains(before).hasSizeGreaterThan(1);
        // a backend that cannot notice its postmaster's death
        long busy = family.stream().filter(pid -> pid != before).findFirst().orElseThrow();
        DataDirectory.run("kill", "-STOP", String.valueOf(busy));
        bench.context(resource).host().processes().signal(before, Signal.KILL);
        Outcome recovered = kit.recover(bench.context(resource));
        assertThat(recovered.succeeded()).as(recovered.message()).isTrue();
        assertThat(ProcessHandle.of(busy).filter(ProcessHandle::isAlive)).isEmpty();
        assertThat(kit.deepCheck(bench.context(resource)).succeeded()).isTrue();
    }

    // covers PG-019 PG-050 PG-043
    @Test
    void aPasswordPromptIsAnErrorNotAHang() throws Exception {
        create();
        restore();
        Files.writeString(data.resolve("pg_hba.conf"), "local all all scram-sha-256\nhost all all all scram-sha-256\n");
        bench.context(resource).host().processes().signal(postmaster(), Signal.HUP);
        Outcome check = null;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        do {
            check = kit.deepCheck(bench.context(resource));
        } while (check.succeeded() && System.nanoTime() < end);
        assertThat(check.succeeded()).isFalse();
        assertThat(check.message()).contains("pg_hba.conf").contains("passfile");
    }

    // covers PG-007 PG-016 PG-041 PG-145 PG-047 PG-138 PG-148
    @Test
    void badAnswersAreRefusedWithTheReason() throws Exception {
        Map<String, String> missing = answers();
        missing.put("datadir", folder.resolve("nothing").toString());
        assertThat(bench.tryCreate("pg", missing).refusal().orElse("")).contains("no such directory");

        Map<String, String> notData = answers();
        notData.put("datadir", folder.resolve("volume").toString());
        assertThat(bench.tryCreate("pg", notData).refusal().orElse(""))
                .contains("PG_VERSION")
                .contains("initdb");

        Map<String, String> noPrograms = answers();
        noPrograms.put("bindir", folder.toString());
        assertThat(bench.tryCreate("pg", noPrograms).refusal().orElse(""))
                .contains("bindir")
                .contains("postgres");

        Map<String, String> shell = answers();
        shell.put("socketdir", "/tmp/$(reboot)");
        assertThat(bench.tryCreate("pg", shell).refusal().orElse("")).contains("socketdir");

        DataDirectory.run("chown", "root:", data.toString());
        assertThat(bench.tryCreate("pg", answers()).refusal().orElse("")).contains("belongs to root");
        DataDirectory.run("chown", "postgres:", data.toString());

        // As Debian's pg_createcluster leaves it: what runs so starts on no other server.
        Files.move(data.resolve("postgresql.conf"), folder.resolve("postgresql.conf"));
        assertThat(bench.tryCreate("pg", answers()).refusal().orElse(""))
                .contains("has no postgresql.conf")
                .contains("/etc/postgresql");
        Files.move(folder.resolve("postgresql.conf"), data.resolve("postgresql.conf"));

        String version = Files.readString(data.resolve("PG_VERSION"));
        Files.writeString(data.resolve("PG_VERSION"), "9.6\n");
        Map<String, String> otherVersion = answers();
        otherVersion.put("bindir", DataDirectory.programs().toString());
        assertThat(bench.tryCreate("pg", otherVersion).refusal().orElse(""))
                .contains("9.6")
                .contains("version");
        Files.writeString(data.resolve("PG_VERSION"), version);

        try (ServerSocket taken = new ServerSocket(0, 1, java.net.InetAddress.getByName("127.0.0.1"))) {
            Map<String, String> used = answers();
            used.put("port", String.valueOf(taken.getLocalPort()));
            assertThat(bench.tryCreate("pg", used).refusal().orElse("")).contains("another program listens");
        }
    }

    // covers PG-015 PG-139 PG-051 PG-108
    @Test
    void aDataDirectoryOutsideAProtectedVolumeIsRefused() {
        try (KitBench bare = new KitBench(kit, folder, Path.of(System.getProperty("mainstay.native")))) {
            assertThat(bare.tryCreate("pg", answers()).refusal().orElse("")).contains("protected volume");
        }
    }

    @Test
    void whatIsStartedOutlivesTheActionThatStartedIt() throws Exception {
        create();
        restore();
        List<Long> processes = bench.context(resource).host().processes().inService();
        assertThat(processes).contains(postmaster());
        CommandResult group = bench.context(resource)
                .host()
                .run(org.mainstay.kit.Command.of("cat", "/proc/" + postmaster() + "/sessionid")
                        .build());
        assertThat(group.succeeded()).isTrue();
    }

    /** Programs as server-only builds have them: no psql. Links: PostgreSQL finds the rest of itself where they point to. */
    private Path programsWithoutPsql() throws IOException {
        Path folder = Files.createDirectory(this.folder.resolve("programs"));
        for (String program : List.of("postgres", "pg_ctl")) {
            Files.createSymbolicLink(
                    folder.resolve(program), DataDirectory.programs().resolve(program));
        }
        return folder;
    }

    private void createWithoutPsql() throws IOException {
        Map<String, String> answers = answers();
        answers.put("bindir", programsWithoutPsql().toString());
        assertThat(bench.tryCreate("pg", answers).remarks().toString()).contains("no psql");
        resource = bench.create("pg", answers);
    }

    // covers PG-146
    @Test
    void programsWithoutPsqlServeAndAreChecked() throws Exception {
        bench.limit(Duration.ofMinutes(3));
        createWithoutPsql();
        assertThat(restore().succeeded()).as(restore().message()).isTrue();
        Outcome check = kit.deepCheck(bench.context(resource));
        assertThat(check.succeeded()).as(check.message()).isTrue();
        assertThat(new Server(bench.context(resource))
                        .query("SELECT 1 UNION SELECT 2 ORDER BY 1")
                        .message())
                .isEqualTo("1\n2");
        assertThat(new Server(bench.context(resource))
                        .query("SELECT no_such_column")
                        .succeeded())
                .isFalse();
        assertThat(kit.remove(bench.context(resource)).succeeded()).isTrue();
        assertThat(bench.progress()).noneMatch(line -> line.contains("no checkpoint"));
        assertThat(java.util.Collections.list(java.sql.DriverManager.getDrivers()))
                .as("the driver stays inside the bundle")
                .isEmpty();
    }

    // covers PG-101
    @Test
    void withoutPsqlAPasswordComesFromTheFile() throws Exception {
        createWithoutPsql();
        restore();
        Server server = new Server(bench.context(resource));
        assertThat(server.query("ALTER ROLE postgres PASSWORD 'a:b'").succeeded())
                .isTrue();
        Files.writeString(data.resolve("pg_hba.conf"), "host all all 127.0.0.1/32 scram-sha-256\n");
        bench.context(resource).host().processes().signal(postmaster(), Signal.HUP);
        Outcome refused;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        do {
            refused = kit.deepCheck(bench.context(resource));
        } while (refused.succeeded() && System.nanoTime() < end);
        assertThat(refused.succeeded()).isFalse();
        assertThat(refused.message()).contains("pg_hba.conf").contains("passfile");

        Path file = folder.resolve("password");
        Files.writeString(file, "# ours\nlocalhost:" + port + ":*:postgres:a\\:b\n");
        Map<String, String> withFile = new HashMap<>(resource.properties());
        withFile.put("passfile", file.toString());
        ResourceInfo secured =
                new ResourceInfo(resource.server(), "pg", resource.id(), "database", "postgres", withFile, true);
        Files.setPosixFilePermissions(file, java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
        assertThat(kit.deepCheck(bench.context(secured)).message()).contains("chmod 600");
        Files.setPosixFilePermissions(file, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
        Outcome accepted = kit.deepCheck(bench.context(secured));
        assertThat(accepted.succeeded()).as(accepted.message()).isTrue();
    }

    /** A checkpoint that hangs must not eat the time of the stop. */
    @Test
    void theCheckpointBeforeAStopHasItsOwnLimit() throws Exception {
        create();
        restore();
        long checkpointer = bench.context(resource).host().processes().workingIn(data).stream()
                .filter(pid -> bench.context(resource).host().processes().commandLine(pid).stream()
                        .anyMatch(line -> line.toString().contains("checkpointer")))
                .findFirst()
                .orElseThrow();
        bench.tunable("LKPGSQL_CHECKPOINT_SECS", "2");
        bench.limit(Duration.ofMinutes(3));
        DataDirectory.run("kill", "-STOP", String.valueOf(checkpointer));
        Thread wake = new Thread(() -> wakeAfterTheCheckpoint(checkpointer));
        wake.setDaemon(true);
        wake.start();
        long begin = System.nanoTime();
        Outcome removed = kit.remove(bench.context(resource));
        assertThat(removed.succeeded()).as(removed.message()).isTrue();
        assertThat(bench.progress())
                .anyMatch(line -> line.contains("no checkpoint before the stop"))
                .noneMatch(line -> line.contains("no time for one"));
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(50));
    }

    private void wakeAfterTheCheckpoint(long checkpointer) {
        while (bench.progress().stream().noneMatch(line -> line.contains("no checkpoint"))) {
            java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
        try {
            DataDirectory.run("kill", "-CONT", String.valueOf(checkpointer));
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    // covers PG-151
    @Test
    void aStopWithoutTimeForACheckpointGoesWithoutOne() throws Exception {
        create();
        restore();
        bench.tunable("LKPGSQL_CHECKPOINT_SECS", "0");
        assertThat(kit.remove(bench.context(resource)).succeeded()).isTrue();
        assertThat(bench.progress()).anyMatch(line -> line.contains("there is no time for one"));
    }

    @Test
    void keepsTheContractOfKits() {
        create();
        KitContract.on(bench, kit)
                .breaking(serving -> bench.context(serving).host().processes().endAll())
                .verify(resource);
    }
}
