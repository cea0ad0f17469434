package org.mainstay.guard.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.util.Await;
import org.mainstay.guard.util.Leaderless;
import org.mainstay.guard.util.Log;

class ManagerSupervisorTest {
    @TempDir
    Path home;

    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile List<String> command = List.of("sleep", "1000");
    private final AtomicBoolean stuck = new AtomicBoolean();
    private final AtomicInteger killedStuck = new AtomicInteger();
    private Log log;
    private ManagerSupervisor supervisor;

    @BeforeEach
    void folders() throws IOException {
        for (String folder : List.of("data/guard", "data/run", "data/log")) {
            Files.createDirectories(home.resolve(folder));
        }
        log = new Log(home.resolve("data/log/guard.log"));
        supervisor = supervisor();
    }

    private ManagerSupervisor supervisor() {
        return new ManagerSupervisor(
                home, () -> command, System::nanoTime, log, () -> ended.set(true), stuck::get, () -> {
                    killedStuck.incrementAndGet();
                    // the next one is not
                    stuck.set(false);
                });
    }

    @AfterEach
    void end() throws InterruptedException {
        supervisor.stop(5);
        supervisor.close();
        log.close();
    }

    private long pid() {
        return supervisor.manager().map(ProcessIdentity::pid).orElse(0L);
    }

    private void awaitRunning() throws Exception {
        Await.until("Karaf runs", 30_000, () -> pid() != 0);
    }

    @Test
    void aKilledManagerRunsAgainAtOnce() throws Exception {
        supervisor.start(true);
        awaitRunning();
        long first = pid();
        ProcessHandle.of(first).orElseThrow().destroyForcibly();
        long killed = System.nanoTime();
        Await.until("another one runs", 30_000, () -> pid() != 0 && pid() != first);
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killed)).isLessThan(20_000);
        assertThat(ProcessIdentity.read(home.resolve("data/run/karaf.pid"))
                        .orElseThrow()
                        .pid())
                .isEqualTo(pid());
    }

    @Test
    void aStuckManagerIsKilledAndStartedAgainUnlessItIsToStop() throws Exception {
        command = List.of("sh", "-c", "trap '' TERM; while :; do sleep 0.1; done");
        supervisor.start(true);
        awaitRunning();
        long first = pid();
        stuck.set(true);
        Await.until("another one runs", 30_000, () -> pid() != 0 && pid() != first);
        Await.until("the file says so too", 30_000, () -> {
            log.flush();
            return Files.readString(home.resolve("data/log/guard.log"))
                    .contains("has decided nothing for more than LOOP_STUCK_SECS");
        });
        assertThat(killedStuck.get()).as("it counts as absent at once").isPositive();
        awaitRunning();
        long second = pid();
        supervisor.announced(false);
        stuck.set(true);
        assertThat(supervisor.stop(1).message()).contains("was killed");
        // It has ended; that its parent has collected it may take a moment more.
        Await.until(
                "it is gone",
                30_000,
                () -> ProcessHandle.of(second).filter(ProcessHandle::isAlive).isEmpty());
        assertThat(Files.readString(home.resolve("data/log/guard.log")).split("has decided nothing"))
                .hasSize(2);
    }

    @Test
    void oneThatKeepsDyingIsStartedMoreAndMoreRarely() {
        assertThat(List.of(0, 1, 2, 3, 4, 5, 6, 60).stream().map(BackOff::nanos).map(TimeUnit.NANOSECONDS::toSeconds))
                .containsExactly(0L, 1L, 2L, 4L, 8L, 16L, 30L, 30L);
    }

    /** Stopped, started by a new guard, and that guard dies: the next one must not take the old stop for a new one. */
    @Test
    void aStartEndsAnEarlierStopAlsoForTheGuardAfterThisOne() throws Exception {
        Files.writeString(home.resolve("data/guard/supervision"), "stopped\n");
        supervisor.start(true);
        awaitRunning();
        assertThat(Files.readString(home.resolve("data/guard/supervision"))).isEqualTo("run\n");
        long first = pid();
        supervisor.close();

        ManagerSupervisor next = supervisor();
        next.start(true);
        try {
            assertThat(next.wanted()).isTrue();
            ProcessHandle.of(first).orElseThrow().destroyForcibly();
            Await.until(
                    "the next guard starts another one",
                    30_000,
                    () -> next.manager()
                            .map(ProcessIdentity::pid)
                            .filter(pid -> pid != first)
                            .isPresent());
        } finally {
            next.stop(5);
            next.close();
        }
    }

    /** As when a thread hangs in the kernel after a KILL: another manager must not be started beside it. */
    @Test
    void aManagerWhoseFirstThreadHasEndedStillRuns() throws Exception {
        command = Leaderless.command();
        supervisor.start(true);
        awaitRunning();
        long first = pid();
        Leaderless.await(first);
        assertThat(pid()).isEqualTo(first);
        assertThat(ProcessIdentity.read(home.resolve("data/run/karaf.pid")).map(ProcessIdentity::pid))
                .contains(first);
        assertThat(supervisor.stop(30).message()).isEqualTo("Karaf has ended");
        assertThat(ProcessHandle.of(first).filter(ProcessHandle::isAlive)).isEmpty();
    }

    @Test
    void aStopOnPurposeHolds() throws Exception {
        supervisor.start(true);
        awaitRunning();
        assertThat(supervisor.stop(5).done()).isTrue();
        assertThat(pid()).isZero();
        assertThat(Files.readString(home.resolve("data/guard/supervision"))).isEqualTo("stopped\n");
        supervisor.run(true);
        awaitRunning();
        assertThat(ended).isFalse();
    }

    @Test
    void oneThatIgnoresTermIsKilled() throws Exception {
        command = List.of("sh", "-c", "trap '' TERM; touch ready; while :; do sleep 0.1; done");
        supervisor.start(true);
        Await.until("it ignores TERM", 30_000, () -> Files.exists(home.resolve("ready")));
        assertThat(supervisor.stop(1).message()).contains("was killed");
        assertThat(pid()).isZero();
    }

    @Test
    void theGuardEndsWithAManagerThatSaidSo() throws Exception {
        supervisor.start(true);
        awaitRunning();
        long first = pid();
        supervisor.announced(true);
        assertThat(ended).isFalse();
        ProcessHandle.of(first).orElseThrow().destroy();
        Await.until("the guard is told to end", 30_000, ended::get);
        assertThat(pid()).isZero();
    }

    @Test
    void aStartAfterThatIsTheLastWord() throws Exception {
        supervisor.start(true);
        awaitRunning();
        long first = pid();
        supervisor.announced(true);
        supervisor.run(true);
        ProcessHandle.of(first).orElseThrow().destroy();
        Await.until("another one runs", 30_000, () -> pid() != 0 && pid() != first);
        assertThat(ended).isFalse();
    }

    /** lkstop waits for Karaf's end, and lkstart asks for a new one meanwhile. */
    @Test
    void aGuardDoesNotEndBesideAManagerThatWasAskedFor() throws Exception {
        supervisor.start(true);
        awaitRunning();
        assertThat(supervisor.finish().done()).as("it runs").isFalse();
        assertThat(supervisor.stop(30).done()).isTrue();
        supervisor.run(true);
        assertThat(supervisor.finish().done()).as("it was asked for").isFalse();
        awaitRunning();
        assertThat(supervisor.stop(30).done()).isTrue();
        assertThat(supervisor.finish().done()).isTrue();
        assertThat(supervisor.run(true).done()).as("nobody is left to start it").isFalse();
    }

    @Test
    void aRunningManagerIsAdoptedAndRestartedWhenItDies() throws Exception {
        supervisor.start(true);
        awaitRunning();
        long first = pid();
        supervisor.close();
        ManagerSupervisor next = supervisor();
        next.start(true);
        supervisor = next;
        assertThat(pid()).isEqualTo(first);
        ProcessHandle.of(first).orElseThrow().destroyForcibly();
        Await.until("another one runs", 30_000, () -> pid() != 0 && pid() != first);
    }

    @Test
    void anAdoptedManagerThatIsAboutToEndIsNotStartedAgain() throws Exception {
        supervisor.start(true);
        awaitRunning();
        supervisor.announced(false);
        long first = pid();
        supervisor.close();
        ManagerSupervisor next = supervisor();
        next.start(true);
        supervisor = next;
        assertThat(next.wanted()).isFalse();
        assertThat(pid()).isEqualTo(first);
    }

    @Test
    void aRecycledPidIsNotAdopted() throws Exception {
        Files.writeString(
                home.resolve("data/run/karaf.pid"), ProcessHandle.current().pid() + " 1\n");
        supervisor.start(false);
        assertThat(pid()).isZero();
    }

    /** Asked once per second by the thread that feeds the watchdog. */
    @Test
    void whetherOneShouldRunIsKnownWhileTheDiskHangs() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answered = new CountDownLatch(1);
        ManagerSupervisor hanging = new ManagerSupervisor(
                home,
                () -> {
                    asked.countDown();
                    answered.await();
                    return command;
                },
                System::nanoTime,
                log,
                () -> ended.set(true),
                stuck::get,
                killedStuck::incrementAndGet);
        supervisor = hanging;
        hanging.start(true);
        try {
            asked.await();
            assertThat(CompletableFuture.supplyAsync(hanging::wanted).get(30, TimeUnit.SECONDS))
                    .isTrue();
        } finally {
            answered.countDown();
        }
    }

    @Test
    void aCommandThatCannotBeStartedIsTriedAgain() throws Exception {
        command = List.of("/nowhere/java");
        supervisor.start(true);
        Await.until("said", 30_000, () -> {
            log.flush();
            Path file = home.resolve("data/log/guard.log");
            return Files.exists(file) && Files.readString(file).contains("cannot be started");
        });
        command = List.of("sleep", "1000");
        Await.until("runs", 30_000, () -> pid() != 0);
    }
}
