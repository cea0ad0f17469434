package org.mainstay.shell.internal.command.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.Programs;
import org.mainstay.shell.internal.registry.Cancellation;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.registry.Terminal;
import org.mainstay.shell.testing.FakePlatform;
import org.mainstay.shell.testing.Fixtures;
import org.mainstay.shell.testing.Waits;

/** Programs run, response commands called, archives made: with real processes in a folder of the test. */
@Timeout(60)
class ProgramCommandsTest {
    private static final java.time.Duration LIMIT = java.time.Duration.ofSeconds(20);

    @TempDir
    Path home;

    private final FakePlatform platform = new FakePlatform(Fixtures.named("two servers"));
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Cancellation cancellation = new Cancellation();

    @BeforeEach
    void start() {
        platform.home(home);
    }

    private int run(boolean forwarded, String... words) throws InterruptedException {
        CommandContext context = new CommandContext(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                InputStream.nullInputStream(),
                Path.of(""),
                Terminal.NONE,
                new Caller("root", Caller.Role.ADMINISTRATOR, "A bin"),
                cancellation,
                forwarded);
        List<String> typed = List.of(words);
        return Programs.registry()
                .run(new CommandCall(typed.get(0), typed.subList(1, typed.size())), context, platform);
    }

    private void script(String name, String body) throws Exception {
        Path file = home.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private String printed() {
        return out.toString(StandardCharsets.UTF_8);
    }

    // covers CMD-062 CMD-063 CMD-064 CMD-066
    @Test
    void aProgramsOutputsAndExitCode() throws Exception {
        String both = "echo o; echo e >&2; exit 5";
        assertThat(run(false, "lcdremexec", "-d", "A", "--", "sh", "-c", both)).isEqualTo(5);
        assertThat(printed()).as("here: as they are").isEqualTo("o\n");
        assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("e\n");
        out.reset();
        err.reset();
        assertThat(run(true, "lcdremexec", "-d", "A", "--", "sh", "-c", both)).isEqualTo(5);
        assertThat(printed()).as("from another server: both on standard output").contains("o\n", "e\n");
        assertThat(err.size()).isZero();
        out.reset();
        assertThat(run(true, "lcdremexec", "-e", "-d", "A", "--", "sh", "-c", both))
                .isEqualTo(5);
        assertThat(printed()).isEqualTo("o\n");
        assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("e\n");
        assertThat(run(false, "lcdremexec", "-d", "A", "--", "nosuchprogram")).isEqualTo(127);
        assertThat(run(false, "lcdremexec", "-d", "A", "--", "sh", "-c", "kill -9 $$"))
                .isEqualTo(137);
    }

    // covers CMD-065
    @Test
    void aProgramRunsInLkrootWithItsBinFirst() throws Exception {
        script("bin/ls", "echo mine");
        assertThat(run(false, "lcdremexec", "-d", "A", "--", "ls")).isZero();
        assertThat(printed()).isEqualTo("mine\n");
        out.reset();
        run(false, "lcdremexec", "-d", "A", "--", "sh", "-c", "pwd; echo $LKROOT");
        assertThat(printed().lines()).containsExactly(home.toRealPath().toString(), home.toString());
    }

    @Test
    void bytesArriveAsTheyAre() throws Exception {
        byte[] all = new byte[256 * 1024];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) i;
        }
        Files.write(home.resolve("bytes"), all);
        assertThat(run(true, "lcdremexec", "-d", "A", "--", "cat", "bytes")).isZero();
        assertThat(out.toByteArray()).isEqualTo(all);
    }

    @Test
    void whoGivesUpEndsTheProgramAndWhatItStarted() throws Exception {
        Path pid = home.resolve("pid");
        CompletableFuture<Integer> code = CompletableFuture.supplyAsync(() -> {
            try {
                return run(true, "lcdremexec", "-d", "A", "--", "sh", "-c", "sleep 1000 & echo $! > pid; wait");
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        Waits.until(LIMIT, () -> read(pid).endsWith("\n"));
        long child = Long.parseLong(read(pid).strip());
        cancellation.cancel();
        assertThat(code.get(30, TimeUnit.SECONDS)).isNotZero();
        Waits.until(
                LIMIT,
                () -> ProcessHandle.of(child).filter(ProcessHandle::isAlive).isEmpty());
    }

    @Test
    void whoGivesUpDoesNotWaitForAProgramThatIgnoresSignals() throws Exception {
        CompletableFuture<Integer> code = CompletableFuture.supplyAsync(() -> {
            try {
                return run(
                        true,
                        "lcdremexec",
                        "-d",
                        "A",
                        "--",
                        "sh",
                        "-c",
                        "trap '' TERM; echo ready; while :; do sleep 1; done");
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        // what it says comes on only when giving up would be heard
        Waits.until(LIMIT, () -> printed().contains("ready"));
        long before = System.nanoTime();
        cancellation.cancel();
        assertThat(java.time.Duration.ofNanos(System.nanoTime() - before))
                .as("less than the program is given to end")
                .isLessThan(java.time.Duration.ofSeconds(4));
        assertThat(code.get(40, TimeUnit.SECONDS)).isNotZero();
    }

    // covers CMD-411 CMD-412 CMD-413 CMD-414 CMD-415 CMD-416
    @Test
    void responsesOfTheEventAndOfAllGetAllOptions() throws Exception {
        script("events/disk/full/page", "echo \"page $*\" >> " + home + "/called");
        script("events/disk/full/ACTIVE", "echo never >> " + home + "/called");
        script("events/disk/all/log", "echo \"all $*\" >> " + home + "/called");
        script("events/allclass/trace", "sleep 0.2; echo \"every $*\" >> " + home + "/called");
        Files.writeString(home.resolve("events/disk/full/notes.txt"), "not executable");
        assertThat(run(false, "sendevent", "-C", "disk", "-E", "full", "-m", "LK:mon", "-n", "D:", "-s", "3"))
                .isZero();
        String id = printed().strip();
        assertThat(id).matches("[0-9]+");
        String options = " -C disk -E full -m LK:mon -n D: -s 3 -i " + id;
        assertThat(Files.readAllLines(home.resolve("called")))
                .containsExactlyInAnyOrder("page" + options, "all" + options, "every" + options);
        out.reset();
        run(false, "sendevent", "-C", "disk", "-E", "full", "-m", "LK:mon", "-n", "D:");
        assertThat(printed().strip()).as("unique").isNotEqualTo(id);
        assertThat(run(false, "sendevent", "-C", "disk", "-E", "full", "-m", "LK:mon", "-n", "D:", "-s", "0"))
                .as("cleared needs an id")
                .isEqualTo(5);
        assertThat(run(false, "sendevent", "-C", "disk", "-E", "full", "-m", "LK:mon", "-n", "D:", "-s", "0", "-i", id))
                .isZero();
        assertThat(run(false, "sendevent", "-C", "disk", "-E", "empty", "-m", "LK:mon", "-n", "D:"))
                .isEqualTo(3);
    }

    @Test
    void aResponseThatFailsIsToldAndDoesNotStopTheOthers() throws Exception {
        script("events/disk/full/a", "exit 3");
        script("events/disk/full/b", "touch " + home + "/b");
        assertThat(run(false, "sendevent", "-C", "disk", "-E", "full", "-m", "LK:mon", "-n", "D:"))
                .isZero();
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("events/disk/full/a ended with 3");
        assertThat(home.resolve("b")).exists();
    }

    // covers ADM-310 MIR-015
    @Test
    void theArchiveForSupportHoldsNoSecret() throws Exception {
        Files.createDirectories(home.resolve("data/log"));
        Files.createDirectories(home.resolve("data/identity"));
        Files.createDirectories(home.resolve("etc/default"));
        Files.writeString(home.resolve("data/identity/node.key"), "private");
        Files.writeString(home.resolve("data/log/karaf.log"), "started with hunter2 for pg\n");
        Files.writeString(
                home.resolve("etc/default/LifeKeeper"),
                "START_WAIT_SECS=3\nBMC_PASSWORD=swordfish\n" + "SNMP_TRAP_COMMUNITY_FILE="
                        + home.resolve("etc/community") + "\nQUORUM_ETCD_KEY_FILE=/nowhere\n");
        Files.writeString(home.resolve("etc/community"), "n0t-public\n");
        assertThat(run(false, "lksupport")).isZero();
        Path archive = Path.of(printed().strip());
        assertThat(archive.getParent()).isEqualTo(home.resolve("support"));
        try (ZipFile zip = new ZipFile(archive.toFile())) {
            StringBuilder all = new StringBuilder();
            for (var entry : java.util.Collections.list(zip.entries())) {
                all.append(entry.getName()).append('\n');
                all.append(new String(zip.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8));
            }
            assertThat(all)
                    .contains("database.json", "status.json", "data/log/karaf.log", "START_WAIT_SECS=3", "/srv/pg/main")
                    .doesNotContain("hunter2", "swordfish", "private", "data/identity", "n0t-public");
        }
    }

    /** Who cannot be asked which properties are secret gets none of them shown, and what is named like a secret is blotted out. */
    @Test
    void theArchiveHoldsNoSecretOfAKitThatCannotSayItsForm() throws Exception {
        platform.noForms();
        Files.createDirectories(home.resolve("data/log"));
        Files.writeString(home.resolve("data/log/karaf.log"), "started with hunter2 on 5432\n");
        assertThat(run(false, "lksupport")).isZero();
        try (ZipFile zip = new ZipFile(Path.of(printed().strip()).toFile())) {
            assertThat(new String(
                            zip.getInputStream(zip.getEntry("database.json")).readAllBytes(), StandardCharsets.UTF_8))
                    .doesNotContain("hunter2", "/srv/pg/main");
            assertThat(new String(
                            zip.getInputStream(zip.getEntry("data/log/karaf.log"))
                                    .readAllBytes(),
                            StandardCharsets.UTF_8))
                    .isEqualTo("started with *** on 5432\n");
        }
    }

    /** A form that describes only some of the properties, such as that of an OCF agent which is not installed here. */
    @Test
    void whatTheFormDoesNotDescribeIsNeverShown() throws Exception {
        platform.show(Fixtures.named("undescribed property"));
        for (List<String> words : List.of(
                List.of("resource", "show", "pg"),
                List.of("resource", "show", "pg", "--json"),
                List.of("config", "export"))) {
            assertThat(mainstay(words)).isZero();
            assertThat(printed()).as(words.toString()).contains("/srv/pg/main", "test-passwd");
            assertThat(printed()).as(words.toString()).doesNotContain("hunter2", "swordfish");
        }
        assertThat(mainstay(List.of("config", "export", "--with-secrets"))).isZero();
        assertThat(printed()).contains("hunter2", "swordfish");
        platform.noForms();
        assertThat(mainstay(List.of("resource", "show", "pg"))).isZero();
        assertThat(printed()).contains("port=***").doesNotContain("/srv/pg/main", "hunter2", "swordfish");
    }

    @Test
    void aKitThatCannotSayItsFormIsNotCalledMissing() throws Exception {
        platform.noForms();
        assertThat(mainstay(List.of("resource", "create", "postgres"))).isEqualTo(ExitCode.SYSTEM_ERROR);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("does not say its form")
                .doesNotContain("there is no kit");
        err.reset();
        assertThat(mainstay(List.of("resource", "create", "oracle"))).isEqualTo(ExitCode.NOT_FOUND);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("there is no kit for 'oracle'");
    }

    private int mainstay(List<String> words) throws InterruptedException {
        out.reset();
        List<String> typed = new ArrayList<>(List.of("mainstay"));
        typed.addAll(words);
        return run(false, typed.toArray(String[]::new));
    }

    // covers SNMP-003
    @Test
    void statusSaysWhyTrapsAreNotSent() throws Exception {
        Files.createDirectories(home.resolve("etc/default"));
        Files.writeString(
                home.resolve("etc/default/LifeKeeper"),
                "SNMP_TRAP_RECEIVERS=console:99999\nSNMP_TRAP_COMMUNITY_FILE=/nowhere\n");
        assertThat(run(false, "mainstay", "status")).isZero();
        assertThat(printed()).contains("A: no SNMP traps are sent to 'console:99999'", "correct the file");
    }
}
