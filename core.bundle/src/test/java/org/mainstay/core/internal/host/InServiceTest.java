package org.mainstay.core.internal.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.Host;
import org.mainstay.kit.HostProcesses.Signal;

/** What is started to stay in service outlives the command and Mainstay, and can be ended without its kit (I4). */
@Timeout(60)
class InServiceTest {
    private static final String TAG = "web/1 ü";

    @TempDir
    Path home;

    private HostFixture fixture;
    private Path pid;
    private Path log;

    @BeforeEach
    void start() {
        HostFixture.needsRoot();
        fixture = new HostFixture(home);
        pid = home.resolve("pid");
        log = home.resolve("log");
    }

    @AfterEach
    void stop() throws Exception {
        if (fixture != null) {
            fixture.close();
        }
    }

    /** Starts a daemon that keeps the output of its starter and goes on printing to it. */
    private CommandResult startDaemon(Host host) {
        String daemon =
                "echo $$ >" + pid + "; while :; do echo tick; echo tick >&2; echo alive >" + log + "; sleep 0.05; done";
        return host.run(Command.of("sh", "-c", "sh -c '" + daemon + "' & echo started; exit 4")
                .inService()
                .build());
    }

    private void awaitLife() throws Exception {
        HostFixture.await("the daemon runs", () -> HostFixture.hasText(pid));
        Files.deleteIfExists(log);
        HostFixture.await("the daemon writes on", () -> HostFixture.hasText(log));
    }

    @Test
    void aDaemonThatKeepsItsOutputOpenNeitherHoldsUpTheCommandNorDies() throws Exception {
        Host host = fixture.host(TAG);
        long start = System.nanoTime();
        CommandResult result = startDaemon(host);
        long millis = (System.nanoTime() - start) / 1_000_000;
        assertThat(result.exitCode()).isEqualTo(4);
        assertThat(result.output()).contains("started\n"); // the daemon may tick before it
        assertThat(millis).isLessThan(20_000);
        awaitLife();
        assertThat(host.processes().inService()).contains(HostFixture.number(pid));
    }

    @Test
    void endAllLeavesNothingAndMayBeRepeated() throws Exception {
        Host host = fixture.host(TAG);
        startDaemon(host);
        awaitLife();
        assertThat(host.processes().endAll().succeeded()).isTrue();
        assertThat(HostFixture.runs(HostFixture.number(pid))).isFalse();
        assertThat(host.processes().inService()).isEmpty();
        assertThat(host.processes().endAll().succeeded()).isTrue();
        assertThat(Path.of(fixture.factory()
                        .processHandle(TAG)
                        .orElseThrow()
                        .arguments()
                        .get(0)))
                .as("an empty group is not left")
                .doesNotExist();
    }

    /** Kill handles end what is in the group without its kit, and leave the group: the next restore must not be killed too. */
    @Test
    void aGroupThatWasKilledCanBeStartedInAgain() throws Exception {
        Host host = fixture.host(TAG);
        startDaemon(host);
        awaitLife();
        Path group = Path.of(
                fixture.factory().processHandle(TAG).orElseThrow().arguments().get(0));
        Files.writeString(group.resolve("cgroup.kill"), "1");
        HostFixture.await("the daemon is gone", () -> !HostFixture.runs(HostFixture.number(pid)));

        assertThat(startDaemon(host).exitCode()).isEqualTo(4);
        awaitLife();
        CommandResult beside =
                host.run(Command.of("sh", "-c", "exit 5").inService().build());
        assertThat(beside.exitCode()).as("beside what runs there").isEqualTo(5);
    }

    @Test
    void eachInstanceHasItsOwnGroup() throws Exception {
        startDaemon(fixture.host(TAG));
        awaitLife();
        Host other = fixture.host("other");
        assertThat(other.processes().inService()).isEmpty();
        assertThat(other.processes().endAll().succeeded()).isTrue();
        assertThat(HostFixture.runs(HostFixture.number(pid))).isTrue();
    }

    @Test
    void aStartThatRunsOutOfTimeIsEndedButNotWhatRanBefore() throws Exception {
        Host host = fixture.host(TAG);
        startDaemon(host);
        awaitLife();
        Path second = home.resolve("second");
        CommandResult result =
                host.run(Command.of("sh", "-c", "trap '' TERM; echo $$ >" + second + "; while :; do sleep 1; done")
                        .inService()
                        .timeLimit(Duration.ofSeconds(5))
                        .build());
        assertThat(result.timedOut()).isTrue();
        assertThat(HostFixture.runs(HostFixture.number(second))).isFalse();
        assertThat(HostFixture.runs(HostFixture.number(pid))).isTrue();
    }

    @Test
    void limitsOfMainstayAreNotPassedOn() {
        CommandResult result = fixture.host(TAG)
                .run(Command.of(
                                "sh",
                                "-c",
                                "ulimit -Sn; cat /proc/self/oom_score_adj; umask; cut -d' ' -f6 /proc/self/stat; echo $PPID")
                        .inService()
                        .build());
        assertThat(result.output().lines().limit(3)).containsExactly("1024", "0", "0022");
    }

    @Test
    void killingMainstayEndsItsCommandsButNotWhatIsInService() throws Exception {
        Path command = home.resolve("command");
        Process mainstay = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        MainstayInMiniature.class.getName(),
                        home.toString(),
                        NativePrograms.folder().toString(),
                        pid.toString(),
                        log.toString(),
                        command.toString())
                .redirectErrorStream(true)
                .redirectOutput(new File("/dev/null"))
                .start();
        HostFixture.await("both commands run", () -> HostFixture.hasText(pid) && HostFixture.hasText(command));
        mainstay.destroyForcibly();
        assertThat(mainstay.waitFor(30, TimeUnit.SECONDS)).isTrue();
        long left = HostFixture.number(command);
        HostFixture.await("the action's command is ended", () -> !HostFixture.runs(left));
        awaitLife();
        Host adopted = fixture.host(TAG);
        assertThat(adopted.processes().inService()).contains(HostFixture.number(pid));
        assertThat(adopted.processes().endAll().succeeded()).isTrue();
        assertThat(HostFixture.runs(HostFixture.number(pid))).isFalse();
    }

    @Test
    void withoutControlGroupsProcessesAreFoundByTheirMark() throws Exception {
        Path mounts = Files.writeString(home.resolve("mountinfo"), "1 0 0:1 / / rw - tmpfs none rw\n");
        try (HostFixture reduced = new HostFixture(home, NativePrograms.folder(), mounts)) {
            Host host = reduced.host(TAG);
            CommandResult result = startDaemon(host);
            assertThat(result.errors()).contains("no control group");
            awaitLife();
            assertThat(reduced.factory().processHandle(TAG)).isEmpty();
            assertThat(reduced.factory().limitation())
                    .hasValueSatisfying(text -> assertThat(text).contains("version 2"));
            assertThat(host.processes().inService()).contains(HostFixture.number(pid));
            assertThat(reduced.host("other").processes().inService()).isEmpty();
            assertThat(host.processes().endAll().succeeded()).isTrue();
            assertThat(HostFixture.runs(HostFixture.number(pid))).isFalse();
        }
    }

    @Test
    void processesAreDescribedAndSignalled() throws Exception {
        Host host = fixture.host(TAG);
        startDaemon(host);
        awaitLife();
        long daemon = HostFixture.number(pid);
        assertThat(host.processes().commandLine(daemon))
                .hasValueSatisfying(line -> assertThat(line).startsWith("sh", "-c"));
        assertThat(host.processes().directory(daemon)).contains(home.toRealPath());
        assertThat(host.processes().signal(daemon, Signal.HUP)).isTrue();
        HostFixture.await("the daemon ended", () -> !HostFixture.runs(daemon));
        assertThat(host.processes().signal(4_000_000, Signal.TERM)).isFalse();
        assertThat(host.processes().commandLine(4_000_000)).isEmpty();
        assertThat(host.processes().userExists("root")).isTrue();
        assertThat(host.processes().userExists("no-such-user")).isFalse();
        assertThat(host.processes().owner(home)).isEqualTo("root");
    }

    /** A process that does what Mainstay does at a restore and then waits to be killed. */
    static final class MainstayInMiniature {
        private MainstayInMiniature() {}

        public static void main(String[] args) {
            HostFixture fixture = new HostFixture(Path.of(args[0]), Path.of(args[1]), HostFixture.MOUNT_INFO);
            Thread command = new Thread(() -> fixture.host(TAG)
                    .run(Command.of("sh", "-c", "echo $$ >" + args[4] + "; exec sleep 60")
                            .build()));
            command.start();
            String daemon =
                    "echo $$ >" + args[2] + "; while :; do echo tick; echo alive >" + args[3] + "; sleep 0.05; done";
            // the starter itself never ends: the kill comes in the middle of the restore
            fixture.host(TAG)
                    .run(Command.of("sh", List.of("-c", daemon)).inService().build());
        }
    }
}
