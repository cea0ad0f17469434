package org.mainstay.core.internal.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;

/** Commands that belong to an action: nothing they do can hold up the action or survive it. */
@Timeout(60)
class CommandTest {
    /** After this time a script has got as far as its first commands on any machine. */
    private static final Duration ENOUGH_TO_BEGIN = Duration.ofSeconds(5);

    @TempDir
    Path home;

    private HostFixture fixture;

    @BeforeEach
    void start() {
        fixture = new HostFixture(home);
    }

    @AfterEach
    void stop() throws Exception {
        fixture.close();
    }

    private CommandResult sh(String script) {
        return run(Command.of("sh", "-c", script));
    }

    private CommandResult run(Command.Builder command) {
        return fixture.host("tag").run(command.build());
    }

    private static long millis(long since) {
        return (System.nanoTime() - since) / 1_000_000;
    }

    @Test
    void reportsExitCodeOutputAndErrors() {
        assertThat(sh("echo out; echo err >&2; exit 7")).isEqualTo(new CommandResult(7, "out\n", "err\n"));
        assertThat(sh("kill -SEGV $$").exitCode()).isEqualTo(128 + 11);
    }

    @Test
    void aProgramThatDoesNotExistIsNotStarted() {
        CommandResult result = run(Command.of("no-such-program"));
        assertThat(result.exitCode()).isEqualTo(-1);
        assertThat(result.errors()).contains("no-such-program");
    }

    @Test
    void aScriptWithoutItsInterpreterSaysSo() throws Exception {
        Path script = Files.writeString(home.resolve("script"), "#!/no/such/shell\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        CommandResult result = run(Command.of(script.toString()));
        assertThat(result.exitCode()).isEqualTo(-1);
        assertThat(result.errors()).contains("interpreter", script.toString());
    }

    @Test
    void aFileThatIsNotExecutableSaysSo() throws Exception {
        Path script = Files.writeString(home.resolve("script"), "echo\n");
        CommandResult result = run(Command.of(script.toString()));
        assertThat(result.exitCode()).isEqualTo(-1);
        assertThat(result.errors()).contains("cannot execute", script.toString());
    }

    @Test
    void aProgramsOwnExitCode127IsItsOwn() {
        assertThat(sh("exit 127")).isEqualTo(new CommandResult(127, "", ""));
    }

    // covers ADM-152
    @Test
    void theEnvironmentIsTheDocumentedOne() {
        List<String> names = run(Command.of("env").environment("MINE", "1"))
                .output()
                .lines()
                .map(line -> line.replaceAll("=.*", ""))
                .sorted()
                .collect(Collectors.toList());
        assertThat(names)
                .containsExactly("HOME", "LANG", "LKROOT", "LOGNAME", "MAINSTAY_INSTANCE", "MINE", "PATH", "USER");
    }

    @Test
    void inputIsGivenAndOtherwiseEnds() {
        assertThat(run(Command.of("cat").input("grün\n")).output()).isEqualTo("grün\n");
        assertThat(run(Command.of("cat")).output()).isEmpty();
        assertThat(run(Command.of("true").input("x".repeat(1_000_000))).succeeded())
                .isTrue();
    }

    @Test
    void theWorkingDirectoryIsUsedOrRefused() {
        assertThat(run(Command.of("pwd").directory(Path.of("/usr"))).output()).isEqualTo("/usr\n");
        CommandResult refused = run(Command.of("pwd").directory(Path.of("/no/such")));
        assertThat(refused.exitCode()).isEqualTo(-1);
        assertThat(refused.errors()).contains("/no/such");
    }

    @Test
    void noFileOfMainstayReachesTheProgram() {
        assertThat(sh("ls /proc/self/fd | tr '\\n' ' '").output()).isEqualTo("0 1 2 3 ");
    }

    @Test
    void aUserIsSwitchedToWithItsGroupsAndNames() {
        HostFixture.needsRoot();
        CommandResult result =
                run(Command.of("sh", "-c", "id -un; id -Gn; echo $HOME $USER").user("daemon"));
        assertThat(result.output()).isEqualTo("daemon\ndaemon\n/usr/sbin daemon\n");
        CommandResult refused = run(Command.of("id").user("no-such-user"));
        assertThat(refused.exitCode()).isEqualTo(-1);
        assertThat(refused.errors()).contains("no-such-user");
    }

    @Test
    void hundredMegabytesOfOutputAreReadAndTheEndIsKept() {
        CommandResult result =
                sh("head -c 100000000 /dev/zero | tr '\\0' x; echo; echo last line; echo last error >&2");
        assertThat(result.succeeded()).isTrue();
        assertThat(result.output()).hasSize(OutputTail.LIMIT).endsWith("\nlast line\n");
        assertThat(result.errors()).isEqualTo("last error\n");
    }

    @Test
    void aScriptThatHangsAndIgnoresSigtermIsKilledWithItsChildren() throws Exception {
        Path pids = home.resolve("pids");
        long start = System.nanoTime();
        CommandResult result = run(Command.of(
                        "sh",
                        "-c",
                        "trap '' TERM; (trap '' TERM; while :; do sleep 1; done) & echo $! >" + pids
                                + "; echo begun; while :; do sleep 1; done")
                .timeLimit(ENOUGH_TO_BEGIN));
        assertThat(result.timedOut()).isTrue();
        assertThat(result.output()).isEqualTo("begun\n");
        assertThat(result.errors()).contains("time limit");
        assertThat(millis(start)).isBetween(ENOUGH_TO_BEGIN.toMillis() + 2000, 40_000L);
        assertThat(HostFixture.runs(HostFixture.number(pids))).isFalse();
    }

    @Test
    void aScriptThatHeedsSigtermMayCleanUp() {
        CommandResult result =
                run(Command.of("sh", "-c", "trap 'sleep 0.5; echo cleaned; exit 3' TERM; sleep 60 & wait")
                        .timeLimit(ENOUGH_TO_BEGIN));
        assertThat(result.timedOut()).isTrue();
        assertThat(result.output()).isEqualTo("cleaned\n");
    }

    @Test
    void theActionsTimeBoundsACommandWithoutALimit() {
        long start = System.nanoTime();
        CommandResult result = fixture.host("tag", Duration.ofMillis(300))
                .run(Command.of("sleep", "60").build());
        assertThat(result.timedOut()).isTrue();
        assertThat(millis(start)).isLessThan(20_000);
        assertThat(fixture.host("tag", Duration.ZERO)
                        .run(Command.of("true").build())
                        .timedOut())
                .as("no time left")
                .isTrue();
    }

    @Test
    void anInterruptEndsTheCommand() throws Exception {
        Path pid = home.resolve("pid");
        CompletableFuture<CommandResult> result = new CompletableFuture<>();
        Thread action = new Thread(() -> result.complete(sh("echo $$ >" + pid + "; sleep 60")));
        action.start();
        HostFixture.await("the command runs", () -> HostFixture.hasText(pid));
        action.interrupt();
        assertThat(result.get(30, TimeUnit.SECONDS).timedOut()).isTrue();
        assertThat(HostFixture.runs(HostFixture.number(pid))).isFalse();
    }

    @Test
    void whatACommandLeavesBehindIsEndedEvenInASessionOfItsOwn() throws Exception {
        Path pid = home.resolve("pid");
        long start = System.nanoTime();
        CommandResult result = sh("setsid sh -c 'echo $$ >" + pid + "; exec sleep 60' & while [ ! -s " + pid
                + " ]; do :; done; echo done");
        assertThat(result).isEqualTo(new CommandResult(0, "done\n", ""));
        assertThat(millis(start))
                .as("nobody waits for the child that holds the pipe")
                .isLessThan(20_000);
        assertThat(HostFixture.runs(HostFixture.number(pid))).isFalse();
    }

    @Test
    void commandsRunSideBySide() {
        long start = System.nanoTime();
        List<CompletableFuture<CommandResult>> all = java.util.stream.IntStream.range(0, 20)
                .mapToObj(i ->
                        CompletableFuture.supplyAsync(() -> sh("sleep 3; echo " + i), task -> new Thread(task).start()))
                .toList();
        for (int i = 0; i < all.size(); i++) {
            assertThat(all.get(i).join().output()).isEqualTo(i + "\n");
        }
        assertThat(millis(start)).as("one after the other would be 60 s").isLessThan(40_000);
    }

    @Test
    void aMissingLauncherIsNamed() throws Exception {
        try (HostFixture broken = new HostFixture(home, home.resolve("none"), HostFixture.MOUNT_INFO)) {
            CommandResult result = broken.host("tag").run(Command.of("true").build());
            assertThat(result.exitCode()).isEqualTo(-1);
            assertThat(result.errors()).contains("mainstay-exec");
            assertThat(broken.factory().limitation())
                    .hasValueSatisfying(text -> assertThat(text).contains("mainstay-exec"));
        }
    }

    @Test
    void withoutAnInstanceNothingStaysInService() {
        CommandResult result =
                fixture.host("").run(Command.of("true").inService().build());
        assertThat(result.exitCode()).isEqualTo(-1);
    }
}
