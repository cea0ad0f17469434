package org.mainstay.guard.kill;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Result;

@Timeout(60)
class KillLanesTest {
    @TempDir
    Path folder;

    private final CountDownLatch hang = new CountDownLatch(1);
    private final CountDownLatch interrupted = new CountDownLatch(1);
    private final List<String> begun = new CopyOnWriteArrayList<>();
    private Log log;

    @BeforeEach
    void log() throws Exception {
        log = new Log(folder.resolve("log"));
    }

    @AfterEach
    void end() throws InterruptedException {
        hang.countDown();
        log.close();
    }

    private List<Result> execute(List<String> handles) throws InterruptedException {
        begun.addAll(handles);
        if (handles.contains("hangs")) {
            try {
                hang.await();
            } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
            }
        }
        return handles.stream().map(handle -> Result.done("done " + handle)).toList();
    }

    private static Result only(CompletableFuture<List<Result>> results) throws Exception {
        assertThat(results.get(20, TimeUnit.SECONDS)).hasSize(1);
        return results.join().get(0);
    }

    @Test
    void whatHangsHoldsUpOnlyItsOwnLane() throws Exception {
        try (KillLanes lanes = new KillLanes(this::execute, log)) {
            CompletableFuture<List<Result>> first = lanes.execute("X", List.of("hangs"));
            CompletableFuture<List<Result>> second = lanes.execute("X", List.of("after it"));
            assertThat(only(lanes.execute("Y", List.of("other"))).done()).isTrue();
            assertThat(begun).contains("other").doesNotContain("after it");
            assertThat(first).isNotDone();
            hang.countDown();
            assertThat(only(first).message()).isEqualTo("done hangs");
            assertThat(only(second).message()).isEqualTo("done after it");
        }
    }

    @Test
    void theLimitCountsFromTheStartAndGivesTheLaneFree() throws Exception {
        try (KillLanes lanes = new KillLanes(this::execute, log, 3000, 20_000)) {
            CompletableFuture<List<Result>> first = lanes.execute("X", List.of("hangs"));
            CompletableFuture<List<Result>> second = lanes.execute("X", List.of("after it"));
            assertThat(only(first).done()).isFalse();
            assertThat(only(first).message()).contains("hangs: not ended within");
            assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(only(second).done()).isTrue();
        }
    }

    @Test
    void whatWaitedTooLongIsNeverExecuted() throws Exception {
        try (KillLanes lanes = new KillLanes(this::execute, log, 25_000, 3000)) {
            CompletableFuture<List<Result>> first = lanes.execute("X", List.of("hangs"));
            assertThat(only(lanes.execute("X", List.of("late"))).message()).contains("late: the kill handles before");
            hang.countDown();
            assertThat(only(first).done()).isTrue();
            assertThat(only(lanes.execute("X", List.of("next"))).done()).isTrue();
            assertThat(begun).containsExactly("hangs", "next");
        }
    }

    @Test
    void aHierarchyIsALane() {
        InService here = new InService(Map.of(
                "app", List.of("CGROUP\t/a", "HIERARCHY\tapp"),
                "vol", List.of("MOUNT\t/m\t/i", "HIERARCHY\tapp"),
                "ip", List.of("ADDRESS\teth0\t10.0.0.1/24")));
        assertThat(here.lane(List.of("MOUNT\t/m\t/i"))).isEqualTo(here.lane("app"));
        assertThat(here.lane(List.of("ADDRESS\teth0\t10.0.0.1/24"))).isEqualTo("ip");
        assertThat(here.lane(List.of("MOUNT\t/x", "CGROUP\t/y")))
                .isEqualTo(here.lane(List.of("MOUNT\t/x", "CGROUP\t/y")))
                .isNotEqualTo(here.lane("app"));
    }
}
