package org.mainstay.shell.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.shell.internal.socket.CommandSocket.Limits;
import org.mainstay.shell.testing.FakeGuard;
import org.mainstay.shell.testing.NativeClient;
import org.mainstay.shell.testing.NativeClient.Result;
import org.mainstay.shell.testing.NativeClient.Running;
import org.mainstay.shell.testing.SilentDoor;
import org.mainstay.shell.testing.SocketHome;

/** What the client says of a manager or a guard that is there and does not answer, as after SIGSTOP (CMD-082, decision 0300). */
@Timeout(240)
class SilentServersTest {
    @TempDir
    Path folder;

    private NativeClient client;

    @BeforeEach
    void install() throws Exception {
        client = new NativeClient(folder);
        Files.createDirectories(folder.resolve("data/lcd"));
    }

    /** The longest a process may be late beyond its own time on a slow machine. */
    private static final long SLOW_SECONDS = 20;

    private static void assertInTime(long begin, long seconds) {
        assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin)).isLessThan(seconds + SLOW_SECONDS);
    }

    // covers CMD-082
    @Test
    void lkstartKeepsItsTimeWhereTheManagerDoesNotAnswer() throws Exception {
        try (SilentDoor door = new SilentDoor(folder, "node.sock", 50)) {
            Files.writeString(folder.resolve("data/run/karaf.pid"), "4711 1\n");
            lkstartGivesUp();
            door.full();
            lkstartGivesUp();
        }
    }

    private void lkstartGivesUp() throws Exception {
        long begin = System.nanoTime();
        Result result = client.run("lkstart", "-w", "2");
        assertInTime(begin, 2);
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .contains("not ready after 2 s")
                .contains("the manager of Mainstay, process 4711, is there and does not answer")
                .contains("kill -CONT 4711");
    }

    @Test
    void lkstartKeepsItsTimeWhereTheGuardDoesNotAnswer() throws Exception {
        try (SilentDoor door = new SilentDoor(folder, "guard.sock", 50)) {
            assertThat(door).isNotNull();
            long begin = System.nanoTime();
            Result result = client.run("lkstart", "-w", "1");
            assertInTime(begin, 1);
            assertThat(result.exit()).isEqualTo(1);
            assertThat(result.err())
                    .contains("the guard of Mainstay is there and does not answer")
                    .contains("could not be started");
        }
    }

    @Test
    void statusSaysThatTheGuardDoesNotAnswer() throws Exception {
        try (SilentDoor door = new SilentDoor(folder, "guard.sock", 50)) {
            assertThat(door).isNotNull();
            Files.writeString(folder.resolve("data/run/guard.pid"), "4712 1\n");
            Running text = client.start(Map.of(), "mainstay", "status");
            Result json = client.run("mainstay", "status", "--json");
            for (Result result : List.of(text.result(), json)) {
                assertThat(result.exit()).isEqualTo(1);
                assertThat(result.err())
                        .contains("the guard of Mainstay, process 4712, is there and does not answer")
                        .contains("kill -CONT 4712", "kill -KILL 4712", "bin/lkstart");
            }
            assertThat(JsonParser.parseString(json.out())
                            .getAsJsonObject()
                            .get("guard")
                            .isJsonNull())
                    .isTrue();
        }
    }

    @Test
    void commandsGiveUpWhereTheManagerNeverAnswers() throws Exception {
        try (SilentDoor door = new SilentDoor(folder, "node.sock", 50);
                FakeGuard guard = new FakeGuard(folder, line -> "exit 0\n")) {
            assertThat(door).isNotNull();
            Running list = client.start(Map.of(), "ins_list");
            Running large = client.start(Map.of(), "mainstay", "resource", "set", "x", "y=" + "z".repeat(100_000));
            Result stop = client.run("lkstop");
            for (Result result : List.of(list.result(), large.result(), stop)) {
                assertThat(result.exit()).isEqualTo(1);
                assertThat(result.err()).contains("the manager of Mainstay is there and does not answer");
            }
            assertThat(stop.err()).contains("Mainstay was not stopped");
            assertThat(guard.asked()).isEmpty();
        }
    }

    /** getlocks -w, events --follow and services that take long to start say nothing for longer than that. */
    @Test
    void aCommandThatTakesLongIsNotCutOff() throws Exception {
        try (SocketHome manager = new SocketHome(folder).open(Limits.DEFAULT)) {
            CountDownLatch asked = new CountDownLatch(1);
            manager.runs((call, context) -> {
                if (call.arguments().equals(List.of("node", "phase"))) {
                    asked.countDown();
                    context.out().println("AVAILABLE");
                    return 0;
                }
                return asked.await(60, TimeUnit.SECONDS) ? 8 : 0;
            });
            assertThat(client.run("ins_list")).isEqualTo(new Result(8, "", ""));
        }
    }

    @Test
    void aGuardThatTakesLongToStopIsNotCutOff() throws Exception {
        List<String> asked = new CopyOnWriteArrayList<>();
        CountDownLatch status = new CountDownLatch(1);
        try (FakeGuard guard = new FakeGuard(folder, line -> {
            asked.add(line);
            if (line.equals("status")) {
                status.countDown();
                return "| fine\nexit 0\n";
            }
            try {
                return status.await(60, TimeUnit.SECONDS) ? "| vip: still there\nexit 1\n" : "exit 7\n";
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        })) {
            assertThat(guard).isNotNull();
            Result result = client.run("lkstop");
            assertThat(result.exit()).isEqualTo(1);
            assertThat(result.out()).contains("vip: still there\n").doesNotContain("fine");
            assertThat(asked).containsExactly("stop", "status");
        }
    }

    /** The manager would not stop what runs here, and the machine does not wait: the guard does it once the manager is gone. */
    @Test
    void aMachineThatShutsDownIsStoppedByTheGuardWhereTheManagerDoesNotAnswer() throws Exception {
        for (boolean full : List.of(false, true)) {
            try (SilentDoor door = new SilentDoor(folder, "node.sock", 50);
                    FakeGuard guard = new FakeGuard(folder, line -> line.equals("stop") ? "exit 3\n" : "exit 0\n")) {
                if (full) {
                    door.full();
                }
                Result result = client.run("mainstay", "stop", "--system-shutdown");
                assertThat(result.exit()).isNotZero();
                assertThat(guard.asked()).containsExactly("stop-manager", "stop");
            }
        }
    }

    /** A wait with a limit ends early then, see signal(7). */
    @Test
    void aClientThatWasStoppedAndContinuedStillHasTheGuardsAnswer() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        try (FakeGuard guard = new FakeGuard(folder, line -> {
            asked.countDown();
            try {
                return answer.await(60, TimeUnit.SECONDS) ? "| the answer\nexit 0\n" : "exit 7\n";
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        })) {
            assertThat(guard).isNotNull();
            Running running = client.start(Map.of(), "lkstop", "-f");
            assertThat(asked.await(60, TimeUnit.SECONDS)).isTrue();
            signal(running, "STOP", "T");
            signal(running, "CONT", "S");
            answer.countDown();
            assertThat(running.result().out()).contains("the answer");
        }
    }

    /** Sends a signal and waits for the state of the process that follows from it. */
    private static void signal(Running running, String name, String state) throws Exception {
        String pid = String.valueOf(running.process().pid());
        assertThat(new ProcessBuilder("kill", "-" + name, pid).start().waitFor())
                .isZero();
        Path stat = Path.of("/proc", pid, "stat");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!Files.readString(stat).replaceAll(".*\\) ", "").startsWith(state)) {
            assertThat(System.nanoTime()).as("state " + state).isLessThan(end);
            Thread.onSpinWait();
        }
    }
}
