package org.mainstay.shell.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.socket.CommandSocket.Limits;
import org.mainstay.shell.testing.NativeClient;
import org.mainstay.shell.testing.NativeClient.Result;
import org.mainstay.shell.testing.NativeClient.Running;
import org.mainstay.shell.testing.SocketHome;
import org.mainstay.shell.testing.Waits;

/** The C client against the real command socket. */
@Timeout(120)
class NativeClientTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    @TempDir
    Path folder;

    private NativeClient client;
    private SocketHome server;

    @BeforeEach
    void install() throws Exception {
        client = new NativeClient(folder);
        server = new SocketHome(folder).open(Limits.DEFAULT);
    }

    @AfterEach
    void close() {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void theNameOfTheLinkIsTheCommandAndArgumentsArriveUnchanged() throws Exception {
        server.runs((call, context) -> {
            context.out().print(call.name() + call.arguments());
            context.err().print("errors");
            return 0;
        });
        Result result = client.run("ins_list", "", "two words", "grün", "a\nb", "-f:", "--", "$HOME");
        assertThat(result.out()).isEqualTo("ins_list[, two words, grün, a\nb, -f:, --, $HOME]");
        assertThat(result.err()).isEqualTo("errors");
        assertThat(client.run("mainstay", "status").out()).isEqualTo("mainstay[status]");
    }

    @Test
    void exitCodesArePassedOn() throws Exception {
        for (int code : List.of(0, 1, 2, 7, 9, 255)) {
            server.runs((call, context) -> code);
            assertThat(client.run("ins_list").exit()).isEqualTo(code);
        }
    }

    @Test
    void aPipeIsNoTerminalAndTheEnvironmentIsPassedOn() throws Exception {
        AtomicReference<CommandContext> seen = new AtomicReference<>();
        server.runs((call, context) -> {
            seen.set(context);
            return 0;
        });
        client.run("ins_list");
        assertThat(seen.get().terminal().interactive()).isFalse();
        assertThat(seen.get().terminal().colour()).isFalse();
        assertThat(seen.get().terminal().unicode()).isTrue();
        assertThat(seen.get().workingDirectory())
                .isEqualTo(Path.of("").toAbsolutePath().toRealPath());
    }

    @Test
    void outputStreamsWhileTheCommandRuns() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        server.runs((call, context) -> {
            context.out().println("first");
            context.out().flush();
            return seen.await(10, TimeUnit.SECONDS) ? 0 : 3;
        });
        Running running = client.start(Map.of(), "ins_list");
        Waits.until(SOON, () -> running.soFar().equals("first\n"));
        assertThat(running.process().isAlive()).isTrue();
        seen.countDown();
        assertThat(running.result().exit()).isZero();
    }

    @Test
    void standardInputArrivesWhenAskedFor() throws Exception {
        server.runs((call, context) -> {
            byte[] all = context.in().readAllBytes();
            context.out().write(all, 0, all.length);
            return 0;
        });
        String text = "0123456789abcdef\n".repeat(60_000);
        Running running = client.start(Map.of(), "ins_list");
        Thread writer = new Thread(() -> {
            try (var input = running.input()) {
                input.write(text.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        writer.start();
        assertThat(running.result().out()).isEqualTo(text);
        writer.join();
    }

    @Test
    void standardInputIsLeftAloneOtherwise() throws Exception {
        server.runs((call, context) -> {
            context.out().println("ran");
            return 0;
        });
        Running running = client.start(
                Map.of(),
                List.of("sh", "-c", "while read line; do '" + folder.toAbsolutePath() + "/bin/ins_list'; done"));
        running.input().write("a\nb\nc\n".getBytes(StandardCharsets.UTF_8));
        running.input().close();
        assertThat(running.result().out()).isEqualTo("ran\nran\nran\n");
    }

    @Test
    void muchOutputArrivesWhole() throws Exception {
        String text = "0123456789abcdef\n".repeat(500_000);
        server.runs((call, context) -> {
            context.out().print(text);
            return 0;
        });
        assertThat(client.run("ins_list").out()).isEqualTo(text);
    }

    @Test
    void ctrlCCancelsTheCommand() throws Exception {
        CountDownLatch cancelled = new CountDownLatch(1);
        server.runs((call, context) -> {
            context.cancellation().whenCancelled(cancelled::countDown);
            context.out().println("running");
            context.out().flush();
            assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
            context.err().println("interrupted");
            return 130;
        });
        Running running = client.start(Map.of(), "ins_list");
        Waits.until(SOON, () -> running.soFar().equals("running\n"));
        running.interrupt();
        Result result = running.result();
        assertThat(result.exit()).isEqualTo(130);
        assertThat(result.err()).isEqualTo("interrupted\n");
    }

    @Test
    void theSecondCtrlCLeavesACommandThatDoesNotEnd() throws Exception {
        CountDownLatch cancelled = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        server.runs((call, context) -> {
            context.cancellation().whenCancelled(cancelled::countDown);
            context.out().println("running");
            context.out().flush();
            end.await();
            return 0;
        });
        Running running = client.start(Map.of(), "ins_list");
        Waits.until(SOON, () -> running.soFar().equals("running\n"));
        running.interrupt();
        assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
        running.interrupt();
        assertThat(running.result().exit()).isEqualTo(130);
        end.countDown();
    }

    @Test
    void aClosedPipeEndsTheClientQuietly() throws Exception {
        server.runs((call, context) -> {
            for (int i = 0; i < 200_000; i++) {
                context.out().println("line " + i);
            }
            return 0;
        });
        Running running =
                client.start(Map.of(), List.of("sh", "-c", "'" + folder.toAbsolutePath() + "/bin/ins_list' | head -1"));
        assertThat(running.result()).isEqualTo(new Result(0, "line 0\n", ""));
    }

    @Test
    void aManagerThatDiesIsReported() throws Exception {
        server.runs((call, context) -> {
            server.close();
            return 0;
        });
        Result result = client.run("ins_list");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("connection to Mainstay was lost");
    }

    @Test
    void textThatIsNotUtf8IsRefused() throws Exception {
        Running running = client.start(
                Map.of(),
                List.of("sh", "-c", "'" + folder.toAbsolutePath() + "/bin/ins_list' -t \"$(printf '\\377')\""));
        Result result = running.result();
        assertThat(result.exit()).isEqualTo(2);
        assertThat(result.err()).isEqualTo("ins_list: argument 2 is not UTF-8 text\n");
    }

    @Test
    void closedStandardStreamsDoNoHarm() throws Exception {
        server.runs((call, context) -> {
            context.out().print("nobody reads this");
            return 4;
        });
        Running running = client.start(
                Map.of(), List.of("sh", "-c", "'" + folder.toAbsolutePath() + "/bin/ins_list' <&- >&- 2>&-; echo $?"));
        assertThat(running.result().out()).isEqualTo("4\n");
    }

    @Test
    void aDeepInstallationWorksAndIsFoundFromAnywhere() throws Exception {
        Path deep = folder;
        for (int i = 0; i < 12; i++) {
            deep = deep.resolve("a-folder-with-a-long-name");
        }
        Files.createDirectories(deep);
        NativeClient deepClient = new NativeClient(deep);
        // The product binds from its home; a test cannot change its directory, so it binds elsewhere and moves the
        // socket.
        server.runs((call, context) -> {
            context.out().print("deep");
            return 0;
        });
        Files.createDirectories(deep.resolve("data/run"));
        Files.move(server.path(), deep.resolve("data/run/node.sock"));
        assertThat(deep.toString().length()).isGreaterThan(300);
        assertThat(deepClient.run("ins_list").out()).isEqualTo("deep");
        assertThat(deepClient
                        .start(
                                Map.of("PATH", deep.resolve("bin") + ":/usr/bin:/bin"),
                                List.of("sh", "-c", "cd /; ins_list"))
                        .result()
                        .out())
                .isEqualTo("deep");
    }

    @Test
    void otherUsersAreRefused() throws Exception {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "only root can become another user");
        Assumptions.assumeTrue(Files.exists(Path.of("/usr/bin/setpriv")), "needs setpriv");
        server.runs((call, context) -> 0);
        Path script = folder.resolve("as-nobody");
        Files.writeString(
                script,
                "exec setpriv --reuid 65534 --regid 65534 --clear-groups '" + folder.toAbsolutePath()
                        + "/bin/ins_list'\n");
        for (Path path = folder; path != null && path.startsWith("/tmp"); path = path.getParent()) {
            if (!path.equals(Path.of("/tmp"))) {
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
        Result closed = client.start(Map.of(), List.of("sh", script.toString())).result();
        assertThat(closed.exit()).isEqualTo(1);
        assertThat(closed.err()).contains("permission denied: only root");
        // Even with the doors open the kernel's word on who asks decides.
        Files.setPosixFilePermissions(folder.resolve("data"), PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.setPosixFilePermissions(folder.resolve("data/run"), PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.setPosixFilePermissions(server.path(), PosixFilePermissions.fromString("rwxrwxrwx"));
        Result refused =
                client.start(Map.of(), List.of("sh", script.toString())).result();
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err()).contains("permission denied: only root and the user that runs Mainstay");
    }
}
