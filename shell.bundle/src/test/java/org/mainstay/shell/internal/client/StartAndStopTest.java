package org.mainstay.shell.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.shell.internal.socket.CommandSocket.Limits;
import org.mainstay.shell.testing.FakeGuard;
import org.mainstay.shell.testing.NativeClient;
import org.mainstay.shell.testing.NativeClient.Result;
import org.mainstay.shell.testing.NativeClient.Running;
import org.mainstay.shell.testing.SocketHome;
import org.mainstay.shell.testing.Waits;

/** lkstart, lkstop and what works while the manager is away (CMD-080 to CMD-096, CORE-064). */
@Timeout(120)
class StartAndStopTest {
    private static final String NOT_RUNNING = "Mainstay is not running on this server; start it with bin/lkstart\n";
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    Path folder;

    private NativeClient client;
    private SocketHome manager;
    private FakeGuard guard;
    private final List<String> commands = new CopyOnWriteArrayList<>();

    @BeforeEach
    void install() throws Exception {
        client = new NativeClient(folder);
    }

    @AfterEach
    void close() {
        if (manager != null) {
            manager.close();
        }
        if (guard != null) {
            guard.close();
        }
    }

    private void startManager(String phase) throws IOException {
        manager = new SocketHome(folder).open(Limits.DEFAULT);
        manager.runs((call, context) -> {
            commands.add(call.name() + call.arguments());
            if (call.arguments().equals(List.of("node", "phase"))) {
                context.out().println(phase);
            }
            return 0;
        });
    }

    private void makeNode() throws IOException {
        Files.createDirectories(folder.resolve("data/lcd"));
    }

    @Test
    void withoutAnythingCommandsSayThatMainstayDoesNotRun() throws Exception {
        for (List<String> words :
                List.of(List.of("status"), List.of("resource", "list"), List.of("status", "--json"))) {
            Result result = client.run("mainstay", words.toArray(new String[0]));
            assertThat(result).isEqualTo(new Result(1, "", "mainstay: " + NOT_RUNNING));
        }
        assertThat(client.run("ins_list", "-f:")).isEqualTo(new Result(1, "", "ins_list: " + NOT_RUNNING));
        // What a crashed manager left behind is no manager.
        Files.createDirectories(folder.resolve("data/run"));
        startManager("AVAILABLE");
        Path left = folder.resolve("data/run/left");
        Files.move(manager.path(), left);
        manager.close();
        Files.move(left, folder.resolve("data/run/node.sock"));
        assertThat(client.run("ins_list").err()).isEqualTo("ins_list: " + NOT_RUNNING);
    }

    @Test
    void statusComesFromTheGuardWhileTheManagerIsAway() throws Exception {
        guard = new FakeGuard(
                folder,
                line -> line.equals("status")
                        ? "| path p1 to B: alive\nexit 0\n"
                        : "| {\"schema\":1,\"manager\":false}\nexit 0\n");
        Result text = client.run("mainstay", "status");
        assertThat(text.exit()).isZero();
        assertThat(text.out()).contains("does not run").contains("  path p1 to B: alive\n");
        Result json = client.run("mainstay", "status", "--json");
        assertThat(json.exit()).isZero();
        JsonObject document = JsonParser.parseString(json.out()).getAsJsonObject();
        assertThat(document.keySet()).contains("schema", "servers", "commpaths", "resources", "dependencies");
        assertThat(document.getAsJsonObject("guard").get("manager").getAsBoolean())
                .isFalse();
        assertThat(guard.asked()).contains("status", "status json");
    }

    @Test
    void lkstartWhereMainstayRunsChangesNothing() throws Exception {
        makeNode();
        startManager("AVAILABLE");
        assertThat(client.run("lkstart")).isEqualTo(new Result(0, "", ""));
        assertThat(commands).containsExactly("mainstay[node, phase]");
    }

    @Test
    void lkstartBeforeInitSaysWhatToDo() throws Exception {
        Result result = client.run("lkstart");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("bin/mainstay node init").contains("bin/mainstay node join");
    }

    @Test
    void lkstartChecksItsArguments() throws Exception {
        assertThat(client.run("lkstart", "-w", "abc").exit()).isEqualTo(5);
        assertThat(client.run("lkstart", "-w", "0").exit()).isEqualTo(5);
        assertThat(client.run("lkstart", "-w").exit()).isEqualTo(2);
        assertThat(client.run("lkstart", "-x").exit()).isEqualTo(2);
        assertThat(client.run("lkstart", "--help").out()).contains("waitperiod");
    }

    /** A java that records how it was called and stays. */
    private Map<String, String> fakeJava(String version, String body) throws IOException {
        Path java = folder.resolve("jdk/bin/java");
        Files.createDirectories(java.getParent());
        Files.writeString(folder.resolve("jdk/release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        Files.writeString(java, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        return Map.of("JAVA_HOME", folder.resolve("jdk").toAbsolutePath().toString());
    }

    @Test
    void lkstartStartsTheGuardInASessionOfItsOwnAndWaits() throws Exception {
        makeNode();
        Map<String, String> environment = fakeJava(
                "17.0.9",
                "echo \"$$ $(ps -o sid= -p $$) $PWD $*\" > called.new; mv called.new called; exec sleep 60 > /dev/null");
        Running running = client.start(environment, "lkstart", "-w", "60");
        Path called = folder.resolve("called");
        Waits.until(SOON, () -> Files.exists(called));
        String[] words = Files.readString(called).strip().split("\\s+");
        ProcessHandle started = ProcessHandle.of(Long.parseLong(words[0])).orElseThrow();
        try {
            assertThat(words[1]).as("session").isEqualTo(words[0]);
            assertThat(words[2]).isEqualTo(folder.toRealPath().toString());
            assertThat(String.join(" ", words))
                    .contains("-Xmx32m")
                    .endsWith("-cp lib/guard.jar org.mainstay.guard.GuardMain");
            assertThat(running.process().isAlive()).isTrue();
            startManager("AVAILABLE");
            assertThat(running.result()).isEqualTo(new Result(0, "", ""));
            assertThat(started.isAlive()).as("the guard outlives lkstart").isTrue();
        } finally {
            started.destroyForcibly();
        }
    }

    @Test
    void lkstartIsRefusedToWhoMayNot() throws Exception {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "only root can become another user");
        Assumptions.assumeTrue(Files.exists(Path.of("/usr/bin/setpriv")), "needs setpriv");
        makeNode();
        for (Path path = folder.toAbsolutePath(); !path.equals(Path.of("/tmp")); path = path.getParent()) {
            Assumptions.assumeTrue(path.startsWith("/tmp"), "the test's folder is below /tmp");
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        String lkstart = folder.toAbsolutePath() + "/bin/lkstart";
        Result result = client.start(
                        Map.of(), List.of("setpriv", "--reuid", "1", "--regid", "1", "--clear-groups", lkstart))
                .result();
        assertThat(result).isEqualTo(new Result(1, "", "lkstart: permission denied: only root may start Mainstay\n"));
    }

    @Test
    void lkstartEndsWhenTheGuardEndsAtOnce() throws Exception {
        makeNode();
        Result result = client.start(fakeJava("21", "exit 1"), "lkstart").result();
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("data/log/guard-console.log");
    }

    /** The one before has closed its socket and still has the lock: exit code 4. */
    @Test
    void lkstartStartsAGuardAgainWhereTheOneBeforeWasOnlyEnding() throws Exception {
        makeNode();
        Map<String, String> environment = fakeJava(
                "21",
                "if [ -e first ]; then echo $$ > new; mv new second; exec sleep 60 > /dev/null; fi; touch first; exit 4");
        Running running = client.start(environment, "lkstart", "-w", "60");
        Path second = folder.resolve("second");
        Waits.until(SOON, () -> Files.exists(second));
        long started = Long.parseLong(Files.readString(second).strip());
        try {
            startManager("AVAILABLE");
            assertThat(running.result()).isEqualTo(new Result(0, "", ""));
        } finally {
            ProcessHandle.of(started).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    @Test
    void lkstartSaysWhereNoGuardIsThereInTheEnd() throws Exception {
        makeNode();
        guard = new FakeGuard(folder, line -> {
            guard.close();
            return "| Karaf runs, process 1\nexit 0\n";
        });
        Result result = client.run("lkstart", "-w", "2");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("its guard has ended").doesNotContain("goes on starting");
    }

    @Test
    void lkstartGivesUpAfterItsTime() throws Exception {
        makeNode();
        startManager("STARTING");
        Result result = client.run("lkstart", "-w", "1");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("not ready after 1 s");
    }

    @Test
    void anOldJavaIsRefused() throws Exception {
        makeNode();
        Result result = client.start(fakeJava("1.8.0_412", "exit 0"), "lkstart").result();
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("is version 8; Java 17 or newer is needed");
    }

    @Test
    void lkstartAsksARunningGuardToStartTheManager() throws Exception {
        makeNode();
        guard = new FakeGuard(folder, line -> "exit 0\n");
        Running running = client.start(Map.of(), "lkstart");
        Waits.until(SOON, () -> guard.asked().contains("start-manager"));
        startManager("AVAILABLE");
        assertThat(running.result().exit()).isZero();
    }

    private void stopsWithManager(String... guardWords) throws IOException {
        startManager("AVAILABLE");
        guard = new FakeGuard(folder, line -> {
            if (List.of(guardWords).contains(line)) {
                manager.close();
                if (!line.equals("stop-manager")) {
                    Thread end = new Thread(guard::close);
                    end.start();
                }
                return "| ended\nexit 0\n";
            }
            return "exit 2\n";
        });
    }

    @Test
    void lkstopStopsInOrderAndSaysSoInTheEnd() throws Exception {
        stopsWithManager("shutdown");
        Result result = client.run("lkstop");
        assertThat(result.exit()).isZero();
        assertThat(result.out()).startsWith("stopping Mainstay").endsWith("\nLIFEKEEPER NOW STOPPED\n");
        assertThat(commands).containsExactly("mainstay[stop]");
        assertThat(guard.asked()).containsExactly("shutdown");
    }

    @Test
    void lkstopFLeavesTheGuard() throws Exception {
        stopsWithManager("stop-manager");
        Result result = client.run("lkstop", "-f");
        assertThat(result.exit()).isZero();
        assertThat(result.out()).endsWith("\nLIFEKEEPER NOW STOPPED\n");
        assertThat(commands).containsExactly("mainstay[stop, --leave-running]");
        assertThat(guard.asked()).containsExactly("stop-manager");
    }

    @Test
    void lkstopThatFailsStopsNothingMore() throws Exception {
        stopsWithManager("shutdown");
        manager.runs((call, context) -> {
            context.err().println("pg could not be removed");
            return 1;
        });
        Result result = client.run("lkstop");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.out()).doesNotContain("LIFEKEEPER NOW STOPPED");
        assertThat(result.err()).contains("pg could not be removed").contains("was not stopped");
        assertThat(guard.asked()).isEmpty();
    }

    @Test
    void aMachineThatShutsDownIsNotHeldUpByWhatCannotBeStopped() throws Exception {
        stopsWithManager("shutdown");
        manager.runs((call, context) -> {
            context.err().println("pg could not be removed");
            return 1;
        });
        Result result = client.run("mainstay", "stop", "--system-shutdown");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("pg could not be removed").contains("the machine shuts down all the same");
        assertThat(guard.asked()).containsExactly("shutdown");
    }

    @Test
    void lkstopWhoseManagerCrashesLeavesTheRestToTheGuard() throws Exception {
        stopsWithManager("stop");
        manager.runs((call, context) -> {
            manager.close();
            return 0;
        });
        Result result = client.run("lkstop");
        assertThat(result.exit()).isZero();
        assertThat(result.out()).endsWith("\nLIFEKEEPER NOW STOPPED\n");
        assertThat(guard.asked()).containsExactly("stop");
    }

    @Test
    void lkstopWithoutAManagerIsTheGuardsWork() throws Exception {
        guard = new FakeGuard(folder, line -> {
            new Thread(guard::close).start();
            return "| vip: address removed\nexit 0\n";
        });
        Result result = client.run("lkstop");
        assertThat(result.exit()).isZero();
        assertThat(result.out()).contains("vip: address removed\n").endsWith("\nLIFEKEEPER NOW STOPPED\n");
        assertThat(guard.asked()).containsExactly("stop");
    }

    /** A guard closes its socket before it ends; a start right afterwards would meet it. */
    @Test
    void lkstopWaitsForTheEndOfTheGuardsProcess() throws Exception {
        Process process = new ProcessBuilder("sleep", "600").start();
        try {
            // proc(5): field 22 of stat, in ticks since boot
            String started = Files.readString(Path.of("/proc/" + process.pid() + "/stat"))
                    .split(" ")[21];
            Files.createDirectories(folder.resolve("data/run"));
            Files.writeString(folder.resolve("data/run/guard.pid"), process.pid() + " " + started + "\n");
            CountDownLatch closed = new CountDownLatch(1);
            guard = new FakeGuard(folder, line -> {
                Thread end = new Thread(() -> {
                    guard.close();
                    closed.countDown();
                });
                end.start();
                return "exit 0\n";
            });
            Running running = client.start(Map.of(), "lkstop");
            assertThat(closed.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(running.process().waitFor(500, TimeUnit.MILLISECONDS)).isFalse();
            assertThat(running.soFar()).doesNotContain("LIFEKEEPER NOW STOPPED");
            process.destroyForcibly();
            assertThat(running.result().exit()).isZero();
            assertThat(running.soFar()).endsWith("\nLIFEKEEPER NOW STOPPED\n");
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void lkstopWhereTheGuardCannotStopEverythingFails() throws Exception {
        guard = new FakeGuard(folder, line -> "| data: still mounted\nexit 1\n");
        Result result = client.run("lkstop");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.out()).doesNotContain("LIFEKEEPER NOW STOPPED");
    }

    @Test
    void lkstopWhereNothingRunsIsDone() throws Exception {
        assertThat(client.run("lkstop")).isEqualTo(new Result(0, "LIFEKEEPER NOW STOPPED\n", ""));
    }

    @Test
    void lkstopTakesOneOption() throws Exception {
        for (String second : List.of("-n", "-r", "-f")) {
            Result result = client.run("lkstop", "-f", second);
            assertThat(result.exit()).isEqualTo(2);
            assertThat(result.err()).contains("exclude each other");
        }
        assertThat(client.run("lkstop", "-x").exit()).isEqualTo(2);
        assertThat(client.run("mainstay", "stop", "--leave-running", "--system-shutdown")
                        .exit())
                .isEqualTo(2);
    }

    @Test
    void systemShutdownIsPassedOn() throws Exception {
        stopsWithManager("shutdown");
        assertThat(client.run("mainstay", "stop", "--system-shutdown").exit()).isZero();
        assertThat(commands).containsExactly("mainstay[stop, --system-shutdown]");
    }
}
