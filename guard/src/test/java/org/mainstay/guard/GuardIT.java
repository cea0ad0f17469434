package org.mainstay.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.control.Link;
import org.mainstay.guard.util.Await;

/** Whole guards: processes, sockets, signals. */
class GuardIT {
    private static final String KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    @TempDir
    Path folder;

    private final List<GuardProcess> guards = new ArrayList<>();
    private int portA;
    private int portB;

    @BeforeEach
    void ports() throws IOException {
        portA = free("127.0.0.1");
        portB = free("127.0.0.2");
    }

    private static int free(String address) throws IOException {
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.bind(new InetSocketAddress(InetAddress.getByName(address), 0));
            return ((InetSocketAddress) channel.getLocalAddress()).getPort();
        }
    }

    @AfterEach
    void end() throws InterruptedException {
        for (GuardProcess guard : guards) {
            guard.close();
        }
    }

    private GuardProcess guard(String name, String prepare, String... arguments) throws Exception {
        Path home = folder.resolve(name);
        Files.createDirectories(home);
        GuardProcess guard = new GuardProcess(home, prepare, arguments);
        guards.add(guard);
        return guard.awaitReady();
    }

    private String path(boolean endA, int interval, int misses) {
        String ends =
                endA ? "B 127.0.0.1 " + portA + " 127.0.0.2 " + portB : "A 127.0.0.2 " + portB + " 127.0.0.1 " + portA;
        return "paths 1\npath p1 " + ends + " " + interval + " " + misses + " " + KEY;
    }

    private static void root() {
        assumeThat(System.getProperty("user.name")).as("needs root").isEqualTo("root");
    }

    @Test
    void aSecondGuardInTheSameFolderEndsWithCode4() throws Exception {
        GuardProcess first = guard("A", "");
        GuardProcess second = new GuardProcess(first.home, "");
        guards.add(second);
        // Two that start Mainstay at once: the slower one's guard must not outlive a stop and start Karaf again.
        Await.until("the second has ended, not after the 10 s it waits for a lock", 8_000, () -> !second.alive());
        assertThat(second.exitCode()).isEqualTo(4);
        assertThat(first.alive()).isTrue();
        assertThat(Link.command(first.socket(), "status json").get(0)).startsWith("| {\"schema\":1");
    }

    @Test
    void aKilledManagerRunsAgainWithinASecond() throws Exception {
        GuardProcess guard = guard("A", "");
        Await.until("runs", 30_000, () -> guard.managerPid() != 0);
        long first = guard.managerPid();
        long killed = System.nanoTime();
        ProcessHandle.of(first).orElseThrow().destroyForcibly();
        Await.until("runs again", 30_000, () -> guard.managerPid() != 0 && guard.managerPid() != first);
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killed)).isLessThan(20_000);
    }

    @Test
    void heartbeatsSurviveManagerAndGuard() throws Exception {
        GuardProcess a = guard("A", "", "--no-manager");
        GuardProcess b = guard("B", "", "--no-manager");
        Link managerB = b.manager();
        try (Link managerA = a.manager()) {
            assertThat(managerA.ask("1", path(true, 500, 30))).startsWith("1 ok");
            assertThat(managerB.ask("1", path(false, 500, 30))).startsWith("1 ok");
            managerB.ask("2", "report B 3 44 0 0 a b");
            Await.until("alive", 30_000, () -> managerA.lines.contains("* path p1 B alive"));
            Await.until(
                    "present",
                    30_000,
                    () -> managerA.lines.stream().anyMatch(l -> l.matches("\\* peer B \\S+ present 3 44")));
            managerB.close();
            Await.until(
                    "absent at once",
                    30_000,
                    () -> managerA.lines.stream().anyMatch(l -> l.matches("\\* peer B \\S+ absent 3 44")));
            b.killNow();
            guard("B", "", "--no-manager");
            try (Link again = guards.get(2).manager()) {
                Await.until(
                        "the new guard serves the old path", 30_000, () -> again.lines.contains("* path p1 A alive"));
            }
            assertThat(managerA.lines).doesNotContain("* path p1 B dead");
            guards.get(2).killNow();
            Await.until("dead", 90_000, () -> managerA.lines.contains("* path p1 B dead"));
        }
    }

    @Test
    void aPausedGuardDoesNotTakeItsPeerForDead() throws Exception {
        GuardProcess a = guard("A", "", "--no-manager");
        GuardProcess b = guard("B", "", "--no-manager");
        try (Link managerA = a.manager();
                Link managerB = b.manager()) {
            managerA.ask("1", path(true, 300, 10));
            managerB.ask("1", path(false, 300, 10));
            Await.until(
                    "alive",
                    30_000,
                    () -> managerA.lines.contains("* path p1 B alive") && managerB.lines.contains("* path p1 A alive"));
            int began = managerA.lines.size();
            signal(a.pid(), "STOP");
            Await.until("its peer sees it", 30_000, () -> managerB.lines.contains("* path p1 A dead"));
            long seen = System.nanoTime();
            Await.until("a longer pause", 30_000, () -> System.nanoTime() - seen > 800_000_000L);
            int before = managerB.lines.size();
            signal(a.pid(), "CONT");
            Await.until(
                    "its peer hears it",
                    30_000,
                    () -> managerB.lines.subList(before, managerB.lines.size()).contains("* path p1 A alive"));
            assertThat(managerA.lines.subList(began, managerA.lines.size())).doesNotContain("* path p1 B dead");
        }
    }

    private static void signal(long pid, String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    @Test
    void stopEndsEverythingAndSaysSo() throws Exception {
        GuardProcess guard = guard("A", "");
        Await.until("runs", 30_000, () -> guard.managerPid() != 0);
        long manager = guard.managerPid();
        try (Link link = guard.manager()) {
            assertThat(Link.command(guard.socket(), "stop")).last().isEqualTo("exit 8");
            link.ask("1", "inservice 1\nhandles vip ADDRESS%09lo%09127.9.9.9/8");
        }
        Await.until(
                "the link's end is seen",
                30_000,
                () -> Link.command(guard.socket(), "status json").get(0).contains("\"manager\":\"absent\""));
        List<String> answer = Link.command(guard.socket(), "stop");
        assertThat(answer)
                .contains("| Karaf has ended", "| vip: 127.9.9.9/8 is not on lo")
                .last()
                .isEqualTo("exit 0");
        assertThat(guard.exitCode()).isZero();
        assertThat(ProcessHandle.of(manager)).isEmpty();
        assertThat(Files.exists(guard.socket())).isFalse();
    }

    @Test
    void stopFailsForWhatHasNoHandlesAndKeepsTheReservation() throws Exception {
        GuardProcess guard = guard("A", "");
        // else the test itself would be taken for Karaf and ended
        Await.until("runs", 30_000, () -> guard.managerPid() != 0);
        Path area = folder.resolve("area");
        try (Link link = guard.manager()) {
            link.ask("1", "report A 1 1 0 0 0 0");
            assertThat(link.ask("2", "reservation initialise " + area + " -")).startsWith("2 ok");
            assertThat(link.ask("3", "reservation claim " + area + " -")).startsWith("3 ok");
            link.ask("4", "inservice 1\nhandles app HIERARCHY%09app");
        }
        Await.until(
                "the link's end is seen",
                30_000,
                () -> Link.command(guard.socket(), "stop").stream().noneMatch(line -> line.equals("exit 8")));
        assertThat(Link.command(guard.socket(), "stop"))
                .anySatisfy(line -> assertThat(line).contains("app: FAILED: no kill handles"))
                .last()
                .isEqualTo("exit 1");
        assertThat(guard.alive()).isTrue();
        assertThat(Link.command(guard.socket(), "status json").get(0)).contains("\"held\":true");
    }

    @Test
    void stopManagerLeavesTheGuardAndStartManagerComesBack() throws Exception {
        GuardProcess guard = guard("A", "");
        Await.until("runs", 30_000, () -> guard.managerPid() != 0);
        assertThat(Link.command(guard.socket(), "stop-manager")).containsExactly("| Karaf has ended", "exit 0");
        assertThat(guard.alive()).isTrue();
        assertThat(Link.command(guard.socket(), "status json").get(0)).contains("\"manager\":\"stopped\"");
        Link.command(guard.socket(), "start-manager");
        Await.until("runs again", 30_000, () -> guard.managerPid() != 0);
        assertThat(Link.command(guard.socket(), "nonsense")).last().isEqualTo("exit 2");
    }

    @Test
    void aManagerThatSaysEverythingTakesTheGuardAlong() throws Exception {
        GuardProcess guard = guard("A", "");
        Await.until("runs", 30_000, () -> guard.managerPid() != 0);
        try (Link link = guard.manager()) {
            assertThat(link.ask("1", "stopping everything")).startsWith("1 ok");
            ProcessHandle.of(guard.managerPid()).orElseThrow().destroy();
            assertThat(guard.exitCode()).isZero();
        }
    }

    @Test
    void otherUsersAreRefused() throws Exception {
        root();
        GuardProcess guard = guard("A", "", "--no-manager");
        // The folders alone keep others out; the kernel's word on the peer must do so too.
        for (Path open : List.of(guard.home.resolve("data/run"), guard.home.resolve("data"), guard.home, folder)) {
            Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Files.setPosixFilePermissions(guard.socket(), PosixFilePermissions.fromString("rwxrwxrwx"));
        String client = "import socket\ns=socket.socket(socket.AF_UNIX)\ns.connect('" + guard.socket()
                + "')\ntry:\n s.send(b'shutdown\\n')\nexcept BrokenPipeError:\n pass # refused already\nprint(s.makefile().read())";
        Process process = new ProcessBuilder(
                        "setpriv",
                        "--reuid",
                        "65534",
                        "--regid",
                        "65534",
                        "--clear-groups",
                        "/usr/bin/python3",
                        "-c",
                        client)
                .directory(Path.of("/").toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output).contains("only root and the user").contains("exit 1");
        assertThat(guard.alive()).isTrue();
    }

    @Test
    void aFullDiskBelowTheStateStopsNoHeartbeat() throws Exception {
        root();
        Files.createDirectories(folder.resolve("A/data/guard"));
        GuardProcess a = guard("A", "mount -t tmpfs -o size=40k tmpfs data/guard", "--no-manager");
        GuardProcess b = guard("B", "", "--no-manager");
        try (Link managerA = a.manager();
                Link managerB = b.manager()) {
            StringBuilder handles = new StringBuilder("inservice 200");
            for (int i = 0; i < 200; i++) {
                handles.append("\nhandles tag").append(i).append(" CGROUP%09").append("x".repeat(200));
            }
            assertThat(managerA.ask("1", handles.toString())).startsWith("1 ok");
            Await.until(
                    "the operator hears",
                    30_000,
                    () -> managerA.lines.stream()
                            .anyMatch(line -> line.startsWith("* notice the%20guard%20cannot%20record")));
            assertThat(managerA.ask("2", path(true, 50, 3))).startsWith("2 ok");
            assertThat(managerB.ask("2", path(false, 50, 3))).startsWith("2 ok");
            Await.until("alive", 30_000, () -> managerA.lines.contains("* path p1 B alive"));
            assertThat(a.alive()).isTrue();
        }
    }

    @Test
    void rubbishOnTheSocketHurtsNobody() throws Exception {
        GuardProcess guard = guard("A", "", "--no-manager");
        try (Link manager = guard.manager()) {
            assertThat(manager.ask("1", "paths 1\npath only three")).startsWith("1 failed");
            assertThat(manager.ask("2", "paths x")).startsWith("2 failed");
            assertThat(manager.ask("3", "reservation")).startsWith("3 failed");
            assertThat(manager.ask("4", "fly")).startsWith("4 failed");
            assertThat(manager.ask("5", "kill NONSENSE%09x ADDRESS")).startsWith("5 ok");
            assertThat(manager.lines.stream().filter(line -> line.startsWith("5 item failed")))
                    .hasSize(2);
            assertThat(manager.ask("6", "ping")).startsWith("6 ok");
        }
        assertThat(Link.command(guard.socket(), "x".repeat(2_000_000)).size()).isLessThanOrEqualTo(2);
        assertThat(Link.command(guard.socket(), "status")).last().isEqualTo("exit 0");
    }
}
