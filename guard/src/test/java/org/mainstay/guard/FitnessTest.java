package org.mainstay.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.StateFile;

/** Who cannot keep its promises: LOOP_STUCK_SECS is 20 here. */
class FitnessTest {
    @TempDir
    Path folder;

    private long now = TimeUnit.DAYS.toNanos(1);
    private long failing;
    private final Fitness fitness = new Fitness(() -> now, () -> failing, () -> "no disk", () -> 20_000);

    private String pass(long seconds, boolean disk, boolean decides) {
        String why = "";
        for (int i = 0; i < seconds; i++) {
            now += TimeUnit.SECONDS.toNanos(1);
            failing = disk ? 0 : failing + 1000;
            why = fitness.look(decides);
        }
        return why;
    }

    @Test
    void aDiskThatKeepsNothingAndNobodyWhoDecidesIsTheEnd() {
        assertThat(pass(115, false, false)).isEmpty();
        assertThat(pass(10, false, false)).contains("no disk").contains("no manager has decided anything");
        assertThat(pass(1, true, false)).as("the disk works again").isEmpty();
        assertThat(pass(59, false, false)).as("a short trouble").isEmpty();
        assertThat(pass(2, false, false)).isNotEmpty();
        assertThat(pass(20, false, true)).as("somebody has just come").isNotEmpty();
        assertThat(pass(2, false, true)).as("somebody decides").isEmpty();
        assertThat(pass(115, false, false)).isEmpty();
        assertThat(pass(10, false, false)).isNotEmpty();
    }

    @Test
    void managersThatComeAndHangOneAfterTheOtherDoNotDecide() {
        assertThat(pass(1000, true, true)).isEmpty();
        assertThat(pass(70, false, false)).isEmpty();
        assertThat(pass(15, false, true)).as("links itself").isEmpty();
        assertThat(pass(70, false, false)).as("and hangs as the one before").isNotEmpty();
        assertThat(pass(1, true, false)).isEmpty();
    }

    @Test
    void oneOfTheTwoAloneIsNoReason() {
        assertThat(pass(1000, true, false)).as("the manager is away").isEmpty();
        assertThat(pass(1000, false, true)).as("the disk is full").isEmpty();
    }

    @Test
    void aPauseSaysNothing() {
        assertThat(pass(1, true, true)).isEmpty();
        now += TimeUnit.HOURS.toNanos(1);
        failing = TimeUnit.HOURS.toMillis(1);
        assertThat(fitness.look(false)).isEmpty();
        assertThat(pass(115, false, false)).isEmpty();
        assertThat(pass(10, false, false)).isNotEmpty();
    }

    @Test
    void theLimitIsReadByWhoMayWaitForTheDisk() throws IOException, InterruptedException {
        Path tunables = folder.resolve("etc/default/LifeKeeper");
        Files.createDirectories(tunables.getParent());
        Files.writeString(tunables, "LOOP_STUCK_SECS=30\n");
        try (Log log = new Log(folder.resolve("log"))) {
            LoopLimit limit = new LoopLimit(folder, log);
            assertThat(limit.last()).isEqualTo(30_000);
            Files.writeString(tunables, "LOOP_STUCK_SECS=40\n");
            assertThat(limit.last()).as("nothing is read").isEqualTo(30_000);
            assertThat(limit.getAsLong()).isEqualTo(40_000);
            assertThat(limit.last()).isEqualTo(40_000);
        }
    }

    @Test
    void theProbeSeesADiskThatRefuses() throws IOException {
        Path file = folder.resolve("gone/probe");
        DiskProbe probe = new DiskProbe(new StateFile(file), () -> now);
        now += TimeUnit.SECONDS.toNanos(30);
        probe.probe();
        assertThat(probe.failingMillis()).isEqualTo(30_000);
        assertThat(probe.trouble()).contains("probe");
        Files.createDirectories(file.getParent());
        probe.probe();
        assertThat(probe.failingMillis()).isZero();
        assertThat(probe.trouble()).as("if it lasted").contains("does not end");
    }

    @Test
    void aWriteThatHangsAfterOneThatFailedIsSaid() throws IOException {
        List<String> said = new ArrayList<>();
        AtomicReference<DiskProbe> probe = new AtomicReference<>();
        AtomicInteger asks = new AtomicInteger(Integer.MIN_VALUE);
        probe.set(new DiskProbe(new StateFile(folder.resolve("gone/probe")), () -> {
            // asked at the begin and at the end of a write
            if (asks.incrementAndGet() == 2) {
                now += TimeUnit.SECONDS.toNanos(6);
                said.add(probe.get().trouble());
            }
            return now;
        }));
        probe.get().probe();
        assertThat(probe.get().trouble()).doesNotContain("does not end");
        Files.createDirectories(folder.resolve("gone"));
        now += TimeUnit.SECONDS.toNanos(5);
        asks.set(0);
        probe.get().probe();
        assertThat(said).hasSize(1).allMatch(text -> text.contains("does not end"));
    }
}
