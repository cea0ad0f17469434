package org.mainstay.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.control.Link;
import org.mainstay.guard.lease.SystemBootClock;
import org.mainstay.guard.util.Await;

/** Three real guards on loopback, quorum by majority: stopped, killed, cut off, put into quarantine. */
class LeaseIT {
    private static final String KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    private static final int L = 2000;
    private static final int S = 8000;
    private static final List<String> NAMES = List.of("A", "B", "C");

    @TempDir
    Path folder;

    private final Map<String, GuardProcess> guards = new LinkedHashMap<>();
    private final Map<String, Link> managers = new LinkedHashMap<>();
    private final Map<String, Integer> ports = new LinkedHashMap<>();
    private final List<Process> processes = new ArrayList<>();
    private final List<GuardProcess> all = new ArrayList<>();
    private SystemBootClock clock;
    private Path group;

    @BeforeEach
    void three() throws Exception {
        clock = new SystemBootClock(System::nanoTime);
        for (String name : NAMES) {
            ports.put(name, free(address(name)));
        }
        for (String name : NAMES) {
            start(name, "--no-manager");
            link(name);
            configure(name, "");
        }
        for (String name : NAMES) {
            awaitNews(name, "\\* lease held .*");
        }
    }

    @AfterEach
    void end() throws Exception {
        for (Process process : processes) {
            process.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
        }
        for (GuardProcess guard : all) {
            new ProcessBuilder("kill", "-CONT", Long.toString(guard.pid()))
                    .start()
                    .waitFor();
            guard.close();
        }
        if (group != null) {
            Await.until(
                    "the group is empty",
                    30_000,
                    () -> Files.readString(group.resolve("cgroup.procs")).isBlank());
            Files.delete(group);
        }
    }

    private static String address(String name) {
        return "127.0.1." + (1 + NAMES.indexOf(name));
    }

    private static int free(String address) throws IOException {
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.bind(new InetSocketAddress(InetAddress.getByName(address), 0));
            return ((InetSocketAddress) channel.getLocalAddress()).getPort();
        }
    }

    private GuardProcess start(String name, String... arguments) throws Exception {
        Path home = folder.resolve(name);
        Files.createDirectories(home);
        GuardProcess guard = new GuardProcess(home, "", arguments);
        all.add(guard);
        guards.put(name, guard);
        return guard.awaitReady();
    }

    /** Links a manager. It says that it is another process: a guard may end its manager. */
    private void link(String name) throws Exception {
        Process karaf = new ProcessBuilder("sleep", "1000").start();
        processes.add(karaf);
        Link link = new Link(guards.get(name).socket());
        link.send("manager 1 " + karaf.pid());
        Await.until("welcome", 30_000, () -> !link.lines.isEmpty());
        managers.put(name, link);
    }

    private static List<String> others(String name) {
        return NAMES.stream().filter(other -> !other.equals(name)).toList();
    }

    private void configure(String name, String watchdog) throws Exception {
        StringBuilder paths = new StringBuilder("paths 2");
        for (String other : others(name)) {
            String id = name.compareTo(other) < 0 ? name + other : other + name;
            paths.append("\npath ").append(id).append(' ').append(other);
            paths.append(' ').append(address(name)).append(' ').append(ports.get(name));
            paths.append(' ').append(address(other)).append(' ').append(ports.get(other));
            paths.append(" 100 8 ").append(KEY);
        }
        Link link = managers.get(name);
        assertThat(link.ask("1", paths.toString())).startsWith("1 ok");
        String device = watchdog.isEmpty() ? "-" : watchdog;
        assertThat(link.ask("2", "lease MAJORITY " + name + " " + L + " " + S + " " + device + " 3 A B C"))
                .startsWith("2 ok");
        assertThat(link.ask("3", "allow " + String.join(" ", others(name)))).startsWith("3 ok");
    }

    private void awaitNews(String name, String pattern) throws Exception {
        awaitNews(name, 0, pattern, 20_000);
    }

    /** Waits for a line from a place on. @return the line */
    private String awaitNews(String name, int from, String pattern, int limit) throws Exception {
        List<String> lines = managers.get(name).lines;
        Await.until(
                name + ": " + pattern, limit, () -> lines.stream().skip(from).anyMatch(line -> line.matches(pattern)));
        return lines.stream()
                .skip(from)
                .filter(line -> line.matches(pattern))
                .findFirst()
                .orElseThrow();
    }

    private int now(String name) {
        return managers.get(name).lines.size();
    }

    private static void signal(GuardProcess guard, String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(guard.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    /** Puts a process into a control group of its own and says to the guard that it is in service. */
    private Process inService(String name) throws Exception {
        assumeThat(System.getProperty("user.name")).as("needs root").isEqualTo("root");
        Path root = Files.isDirectory(Path.of("/sys/fs/cgroup/unified"))
                ? Path.of("/sys/fs/cgroup/unified")
                : Path.of("/sys/fs/cgroup");
        assumeThat(Files.exists(root.resolve("cgroup.procs")))
                .as("needs cgroup v2")
                .isTrue();
        group = Files.createDirectory(
                root.resolve("mainstay-lease-it-" + ProcessHandle.current().pid()));
        Process process = new ProcessBuilder("sleep", "1000").start();
        processes.add(process);
        Files.writeString(group.resolve("cgroup.procs"), Long.toString(process.pid()));
        assertThat(managers.get(name).ask("7", "inservice 1\nhandles app CGROUP%09" + group + " HIERARCHY%09app"))
                .startsWith("7 ok");
        return process;
    }

    @Test
    void aServerThatIsCutOffEndsWhatItRunsWithoutKaraf() throws Exception {
        Process app = inService("A");
        managers.get("A").close();
        long cut = clock.millis();
        signal(guards.get("B"), "STOP");
        signal(guards.get("C"), "STOP");
        assertThat(app.waitFor(L + S + 30_000, TimeUnit.MILLISECONDS)).isTrue();
        long ended = clock.millis() - cut;
        assertThat(ended).as("not before the lease and half of S").isGreaterThan(L + S / 2 - 2500);
        assertThat(ended).as("within L + S of the last grant").isLessThan(L + S);
        Await.until(
                "nothing of it is left",
                30_000,
                () -> Link.command(guards.get("A").socket(), "status").stream()
                        .anyMatch(line -> line.contains("lease: LOST")));
        Path log = guards.get("A").home.resolve("data/log/guard.log");
        Await.until(
                "it is written down",
                30_000,
                () -> Files.readString(log).contains("the lease was over: app ended by their kill handles"));
    }

    @Test
    void oneServerLessEndsNothing() throws Exception {
        Process app = inService("A");
        int from = now("A");
        signal(guards.get("C"), "STOP");
        awaitNews("A", from, "\\* path AC C dead", 30_000);
        // Said before, where C was granted nothing yet.
        Await.until(
                "C's right has lapsed at A",
                L + S + 30_000,
                () -> managers.get("A").lines.stream()
                        .filter(line -> line.startsWith("* lapsed C"))
                        .reduce("", (earlier, later) -> later)
                        .equals("* lapsed C yes"));
        assertThat(managers.get("A").lines.subList(from, now("A"))).noneMatch(line -> line.startsWith("* lease lost"));
        assertThat(app.isAlive()).isTrue();
    }

    @Test
    void aServerThatStoodStillActsBeforeItIsGrantedAnythingAndTheOthersWaitLongEnough() throws Exception {
        Process app = inService("A");
        int fromB = now("B");
        int fromC = now("C");
        int fromA = now("A");
        long stopped = clock.millis();
        signal(guards.get("A"), "STOP");
        awaitNews("B", fromB, "\\* lapsed A yes", L + S + 30_000);
        awaitNews("C", fromC, "\\* lapsed A yes", L + S + 30_000);
        assertThat(clock.millis() - stopped)
                .as("the last grant was a moment before")
                .isGreaterThan((L + S) * 101 / 100 - 1500);
        assertThat(managers.get("B").ask("8", "withhold A")).startsWith("8 ok");
        assertThat(managers.get("B").lines).anyMatch(line -> line.matches("8 item A lapsed \\d+"));
        assertThat(managers.get("C").ask("8", "withhold A")).startsWith("8 ok");
        int beforeB = now("B");
        signal(guards.get("A"), "CONT");
        awaitNews("A", fromA, "\\* lease lost .*", 30_000);
        assertThat(app.waitFor(30, TimeUnit.SECONDS))
                .as("L + S / 2 is long over: at once, as no grant could come in between")
                .isTrue();
        awaitNews("B", beforeB, "\\* path AB A alive", 30_000);
        int later = now("A");
        long heard = clock.millis();
        Await.until("time for grants that do not come", 30_000, () -> clock.millis() - heard > 1500);
        assertThat(managers.get("A").lines.subList(later, now("A"))).noneMatch(line -> line.startsWith("* lease held"));
        managers.get("B").ask("9", "allow A");
        awaitNews("A", later, "\\* lease held .*", 30_000);
    }

    @Test
    void aGuardThatIsKilledAndStartedAgainKeepsItsLease() throws Exception {
        for (String name : NAMES) {
            // longer than the start of a guard takes on any machine
            assertThat(managers.get(name).ask("4", "lease MAJORITY " + name + " 20000 40000 - 3 A B C"))
                    .startsWith("4 ok");
        }
        Path record = guards.get("A").home.resolve("data/run/lease");
        Await.until("recorded", 60_000, () -> Files.exists(record) && recordedEnd(record) > clock.millis() + 14_000);
        String held = managers.get("A").lines.stream()
                .filter(line -> line.startsWith("* lease held"))
                .findFirst()
                .orElseThrow();
        int fromB = now("B");
        guards.get("A").killNow();
        start("A", "--no-manager");
        link("A");
        String again = awaitNews("A", 0, "\\* lease (held|lost) .*", 30_000);
        assertThat(again).startsWith("* lease held");
        assertThat(again.split(" ")[4]).as("since").isEqualTo(held.split(" ")[4]);
        awaitNews("A", 0, "\\* withheld B no", 30_000);
        awaitNews("A", 0, "\\* path AB B alive", 30_000);
        int from = now("A");
        awaitNews("A", from, "\\* lease held .*", 60_000);
        assertThat(managers.get("B").lines.subList(fromB, now("B"))).noneMatch(line -> line.startsWith("* lease lost"));
    }

    @Test
    void aGuardThatCanReadNothingOfBeforeClaimsNothing() throws Exception {
        Process app = inService("A");
        guards.get("A").killNow();
        Path state = guards.get("A").home.resolve("data/guard");
        for (String file : List.of("lease", "lease.2", "inservice", "inservice.2")) {
            Files.writeString(state.resolve(file), "torn");
        }
        start("A", "--no-manager");
        Path socket = guards.get("A").socket();
        assertThat(Link.command(socket, "status"))
                .anyMatch(line -> line.contains("in service: NOT KNOWN") && line.contains("lkstart"))
                .anyMatch(line -> line.contains("lease: ") && line.contains("data/guard/lease.2"));
        Await.until(
                "a lease that nobody renews ends",
                60_000,
                () -> Link.command(socket, "status").stream().anyMatch(line -> line.contains("lease: LOST")));
        assertThat(Link.command(socket, "stop"))
                .anyMatch(line -> line.contains("FAILED: what is in service cannot be read"))
                .last()
                .isEqualTo("exit 1");
        link("A");
        awaitNews("A", 0, "\\* notice .*inservice.*", 30_000);
        awaitNews("A", 0, "\\* notice .*lease\\.2.*", 30_000);
        configure("A", "");
        assertThat(managers.get("A").ask("7", "inservice 0")).startsWith("7 ok");
        awaitNews("A", 0, "\\* lease held .*", 30_000);
        assertThat(app.isAlive()).as("nobody said how to end it").isTrue();
    }

    /** The second word of the record, on the boot clock. */
    private static long recordedEnd(Path record) throws IOException {
        String[] words = Files.readString(record).split(" ");
        return words.length < 3 ? 0 : Long.parseLong(words[1]);
    }

    // covers QUO-060 QUO-061
    @Test
    void inQuarantineNothingIsSaidAndAfterItKarafComesBack() throws Exception {
        long karaf = guards.get("A").managerPid();
        assertThat(ProcessHandle.of(karaf)).isPresent();
        int fromB = now("B");
        assertThat(managers.get("A").ask("5", "quarantine 100000")).startsWith("5 ok");
        managers.get("A").close();
        awaitNews("B", fromB, "\\* path AB A dead", 30_000);
        Await.until("Karaf is ended", 30_000, () -> ProcessHandle.of(karaf).isEmpty());
        assertThat(Link.command(guards.get("A").socket(), "status")).anyMatch(line -> line.contains("quarantine for"));
        assertThat(Link.command(guards.get("A").socket(), "status json").get(0)).contains("\"quarantineMillis\":");
        guards.get("A").killNow();
        int dead = now("B");
        start("A");
        assertThat(guards.get("A").managerPid())
                .as("survives a restart of the guard")
                .isZero();
        link("A");
        assertThat(managers.get("A").ask("5", "quarantine 2000")).startsWith("5 ok");
        Await.until("Karaf runs again", 90_000, () -> guards.get("A").managerPid() != 0);
        awaitNews("B", dead, "\\* path AB A alive", 30_000);
    }

    @Test
    void lkstartEndsAQuarantine() throws Exception {
        assertThat(managers.get("A").ask("5", "quarantine 100000")).startsWith("5 ok");
        Await.until("Karaf is ended", 30_000, () -> guards.get("A").managerPid() == 0);
        managers.get("A").close();
        assertThat(Link.command(guards.get("A").socket(), "start-manager"))
                .anyMatch(line -> line.contains("quarantine ended"));
        Await.until("Karaf runs", 30_000, () -> guards.get("A").managerPid() != 0);
    }

    @Test
    void whatCannotBeEndedIsLeftToTheWatchdog() throws Exception {
        Path device = Files.createFile(folder.resolve("watchdog"));
        Path helper = NativeHelper.compile("mainstay-watchdog", folder);
        Files.writeString(
                guards.get("A").home.resolve("etc/guard.conf"),
                "manager.command=sleep 100000\nwatchdog.helper=" + helper + "\n");
        guards.get("A").killNow();
        start("A", "--no-manager");
        link("A");
        configure("A", device.toString());
        awaitNews("A", 0, "\\* lease held .*", 30_000);
        Await.until("fed", 30_000, () -> Files.size(device) > 0);
        awaitNews("B", 0, "\\* watchdog A fed", 30_000);
        assertThat(managers.get("B").lines).doesNotContain("* watchdog C fed");
        assertThat(managers.get("A").ask("7", "inservice 1\nhandles app HIERARCHY%09app"))
                .startsWith("7 ok");
        int from = now("A");
        long cut = clock.millis();
        signal(guards.get("B"), "STOP");
        signal(guards.get("C"), "STOP");
        awaitNews("A", from, "\\* notice .*no%20kill%20handles.*", 30_000);
        Await.until(
                "not fed any more",
                30_000,
                () -> Link.command(guards.get("A").socket(), "status").stream()
                        .anyMatch(line -> line.contains("watchdog: not fed any more")));
        assertThat(clock.millis() - cut).as("a reset would come by then").isLessThan(L + S - 3000 + 2500);
        long size = Files.size(device);
        long starved = clock.millis();
        Await.until("stays so", 30_000, () -> clock.millis() - starved > 1500);
        assertThat(Files.size(device)).isEqualTo(size);
        managers.get("A").ask("8", "inservice 0");
        Await.until("nothing is left: fed again", 30_000, () -> Files.size(device) > size);
    }

    @Test
    void wrongSettingsAreRefusedWithAReason() throws Exception {
        Link link = managers.get("A");
        assertThat(link.ask("10", "lease MAJORITY A 700 4000 - 3 A B C"))
                .startsWith("10 failed")
                .contains("QUORUM_LEASE_SECS");
        assertThat(link.ask("11", "lease MAJORITY A 2000 4000 - 2 B C"))
                .startsWith("11 failed")
                .contains("must%20include%20this%20server");
        assertThat(link.ask("12", "lease SOMETHING A 2000 4000 - 1 A")).startsWith("12 failed");
        assertThat(link.ask("13", "lease STORAGE A 2000 4000 - 3 A B C")).startsWith("13 failed");
        assertThat(link.ask("14", "allow X")).startsWith("14 failed");
        assertThat(link.ask("15", "quarantine -5")).startsWith("15 failed");
        assertThat(link.ask("16", "witness init")).startsWith("16 failed");
        assertThat(link.ask("17", "withhold")).startsWith("17 failed");
        assertThat(Link.command(guards.get("A").socket(), "status"))
                .anyMatch(line -> line.contains("lease: held"))
                .anyMatch(line -> line.contains("B: grants for"));
        assertThat(Link.command(guards.get("A").socket(), "status json").get(0))
                .contains("\"lease\":{\"mode\":\"MAJORITY\",\"state\":\"held\"")
                .contains("\"withheld\":false");
    }
}
