package org.mainstay.guard.kill;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.util.Await;
import org.mainstay.guard.util.Log;

/** Control groups stand for themselves here: folders with a list of real processes, killed one by one. */
@Timeout(60)
class LeaseEndTest {
    @TempDir
    Path folder;

    private final List<Process> processes = new ArrayList<>();
    private final List<String> notices = Collections.synchronizedList(new ArrayList<>());
    private volatile InService inService = new InService(Map.of());
    private Log log;
    private LeaseEnd end;

    @BeforeEach
    void begin() {
        log = new Log(folder.resolve("log"));
        end = new LeaseEnd(new EndHierarchy(System::nanoTime, log), () -> inService, notices::add, log);
    }

    @AfterEach
    void clean() throws Exception {
        end.forget();
        Await.until(
                "nothing is under way",
                30_000,
                () -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().equals("guard-lease-end")));
        for (Process process : processes) {
            process.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
        }
        log.close();
    }

    private Process group(String name) throws Exception {
        Process process = new ProcessBuilder("sleep", "1000").start();
        processes.add(process);
        Files.createDirectories(folder.resolve(name));
        Files.writeString(folder.resolve(name).resolve("cgroup.procs"), process.pid() + "\n");
        return process;
    }

    private String handle(String name) {
        return "CGROUP\t" + folder.resolve(name);
    }

    @Test
    void whatIsNotKnownIsNotEndedAndIsSaid() {
        inService = InService.unknown("data/guard/inservice cannot be read");
        assertThat(inService.isEmpty()).isFalse();
        assertThat(end.anythingLeft()).isTrue();
        end.begin(1000);
        end.begin(1000);
        assertThat(notices).hasSize(1);
        assertThat(notices.get(0)).contains("cannot be ended").contains("data/guard/inservice");
        assertThat(end.anythingLeft()).as("until Karaf says it again").isTrue();
        inService = new InService(Map.of());
        assertThat(end.anythingLeft()).isFalse();
    }

    @Test
    void everythingIsEndedAndNothingIsLeftThen() throws Exception {
        Process one = group("one");
        Process two = group("two");
        inService = new InService(
                Map.of("db", List.of(handle("one"), "HIERARCHY\tdb"), "web", List.of(handle("two"), "HIERARCHY\tdb")));
        assertThat(end.anythingLeft()).isTrue();
        end.begin(5000);
        Await.until("nothing left", 30_000, () -> !end.anythingLeft());
        assertThat(one.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(two.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(notices).containsExactly("the lease was over: db, web ended by their kill handles");
        end.begin(5000);
        assertThat(notices).as("once").hasSize(1);
    }

    @Test
    void whatCannotBeEndedIsNamedAndTriedAgain() throws Exception {
        inService = new InService(Map.of("app", List.of("HIERARCHY\tapp"), "odd", List.of("STRANGE\tx")));
        end.begin(1000);
        Await.until("said", 30_000, () -> notices.size() == 2);
        assertThat(String.join("; ", notices))
                .contains("app: no kill handles are recorded")
                .contains("odd: this guard does not know what 'STRANGE' is");
        Await.until("tried again, and not said again", 30_000, () -> {
            end.begin(1000);
            return tries("app") > 2 && tries("odd") > 2;
        });
        assertThat(notices).hasSize(2);
        assertThat(end.anythingLeft()).isTrue();
        inService = new InService(Map.of());
        assertThat(end.anythingLeft()).isFalse();
    }

    @Test
    void whatComesIntoServiceAfterTheLeaseWasHeldAgainCountsAnew() throws Exception {
        group("one");
        inService = new InService(Map.of("db", List.of(handle("one"))));
        end.begin(5000);
        Await.until("ended", 30_000, () -> !end.anythingLeft());
        end.forget();
        Process again = group("one");
        assertThat(end.anythingLeft()).isTrue();
        end.begin(5000);
        assertThat(again.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }

    /** A group whose list of processes is a pipe that nobody writes: whoever ends it hangs until {@link #release}. */
    private String hanging(String name) throws Exception {
        Path list = Files.createDirectories(folder.resolve(name)).resolve("cgroup.procs");
        assertThat(new ProcessBuilder("mkfifo", list.toString()).start().waitFor())
                .isZero();
        return handle(name);
    }

    /** A list without processes takes the pipe's place, and who waits at the pipe gets its end. */
    private void release(String name) throws Exception {
        Path list = folder.resolve(name).resolve("cgroup.procs");
        Path pipe = folder.resolve(name + "-pipe");
        Files.move(list, pipe);
        Files.writeString(list, "");
        // Opened both ways, it waits for nobody.
        new RandomAccessFile(pipe.toFile(), "rw").close();
    }

    private void awaitLog(String text) throws Exception {
        Path file = folder.resolve("log");
        Await.until(text, 30_000, () -> {
            try {
                return Files.exists(file) && Files.readString(file).contains(text);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    @Test
    void oneThatHangsDoesNotHoldUpTheOthers() throws Exception {
        Process other = group("other");
        inService = new InService(Map.of("a-stuck", List.of(hanging("stuck")), "b", List.of(handle("other"))));
        end.begin(2000);
        assertThat(other.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(end.anythingLeft()).isTrue();
        release("stuck");
    }

    /** What could not be ended at first is tried again while another hierarchy hangs, and what was ended is known as ended. */
    @Test
    void oneThatHangsDoesNotHoldUpTheNextTryOfTheOthers() throws Exception {
        Map<String, List<String>> here =
                new TreeMap<>(Map.of("a-stuck", List.of(hanging("stuck")), "b", List.of("STRANGE\tx")));
        inService = new InService(here);
        end.begin(600_000);
        Await.until("b cannot be ended", 30_000, () -> !notices.isEmpty());
        Process other = group("other");
        here.put("b", List.of(handle("other")));
        inService = new InService(new TreeMap<>(here));
        Await.until("b is ended", 30_000, () -> {
            end.begin(600_000);
            return !end.left().contains("b");
        });
        assertThat(other.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(end.left()).isEqualTo("a-stuck");
        assertThat(tries("a-stuck")).as("what hangs is not begun again").isOne();
        release("stuck");
    }

    private long tries(String tag) {
        try {
            return Files.readAllLines(folder.resolve("log")).stream()
                    .filter(line -> line.contains("still in service here: " + tag + ";"))
                    .count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its processes are gone, so its mount must not wait for those of another hierarchy. */
    @Test
    void theMountOfOneHierarchyDoesNotWaitForProcessesOfAnother() throws Exception {
        Process other = group("other");
        inService = new InService(Map.of(
                "a-stuck", List.of(hanging("stuck"), "HIERARCHY\ta"),
                "b-db", List.of(handle("other"), "HIERARCHY\tb"),
                "b-volume", List.of("MOUNT\t" + folder.resolve("mnt"), "HIERARCHY\tb")));
        end.begin(600_000);
        assertThat(other.waitFor(30, TimeUnit.SECONDS)).isTrue();
        awaitLog("kill handle MOUNT " + folder.resolve("mnt"));
        release("stuck");
    }

    @Test
    void howeverManyHangAnAddressIsTakenOff() throws Exception {
        Map<String, List<String>> here = new TreeMap<>();
        for (int i = 0; i < 40; i++) {
            here.put("db" + i, List.of(hanging("stuck" + i)));
        }
        here.put("vip", List.of("ADDRESS\tlo\t203.0.113.77"));
        inService = new InService(here);
        end.begin(600_000);
        awaitLog("kill handle ADDRESS lo 203.0.113.77");
        for (int i = 0; i < 40; i++) {
            release("stuck" + i);
        }
    }
}
