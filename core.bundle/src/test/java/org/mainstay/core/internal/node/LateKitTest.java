package org.mainstay.core.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.kit.Action;
import org.mainstay.kit.Command;
import org.mainstay.kit.Outcome;

/** A restore whose code hangs beyond its limit and its interrupt, and comes back when everybody has forgotten it (I1). */
@Timeout(180)
class LateKitTest {
    @TempDir(factory = MemoryFolder.class)
    Path directory;

    private final CountDownLatch release = new CountDownLatch(1);
    private final CompletableFuture<Throwable> cameBack = new CompletableFuture<>();
    private TestCluster cluster;
    private TestNode a;
    private TestNode b;

    @BeforeEach
    void start() throws Exception {
        cluster = new TestCluster(directory, 2, Duration.ofSeconds(2)).withPaths();
        a = cluster.node("A");
        b = cluster.node("B");
        assertThat(a.create("vip").exitCode()).isZero();
        assertThat(a.submit(new Request.Extend("vip", "B", 0, Map.of())).exitCode())
                .isZero();
        cluster.await("B has it", () -> b.state("vip") == InstanceState.OSU);
        assertThat(a.submit(new Request.TakeOutOfService("vip", false, false, false))
                        .exitCode())
                .isZero();
        a.kit().on(Action.RESTORE, context -> {
            uninterruptibly();
            try {
                context.host().run(Command.of("start-it").build());
                cameBack.complete(null);
                return Outcome.success("late, but started");
            } catch (RuntimeException e) {
                cameBack.complete(e);
                throw e;
            }
        });
    }

    @AfterEach
    void stop() {
        release.countDown();
        cluster.close();
    }

    private void uninterruptibly() {
        boolean waited = false;
        while (!waited) {
            try {
                release.await();
                waited = true;
            } catch (InterruptedException e) {
                // as native code does
            }
        }
    }

    @Test
    void whatHangsIsFencedOffEndedByItsHandlesAndStartsNothingWhenItComesBack() throws Exception {
        assertThat(a.submit(new Request.BringInService("vip", false, true, false))
                        .exitCode())
                .isNotZero();
        cluster.await("B serves", () -> b.state("vip") == InstanceState.ISP && b.runs("vip"));
        release.countDown();
        assertThat(cameBack.get(30, TimeUnit.SECONDS)).hasMessageContaining("time is over");
        assertThat(a.runs("vip")).isFalse();
    }

    @Test
    void withoutKillHandlesThatWorkedTheProbesWordIsNotBelievedWhileItHangs() throws Exception {
        a.guard().killsNothing();
        a.submit(new Request.BringInService("vip", false, true, false));
        cluster.await(
                "A gave up",
                () -> a.runtime().eventLog().recent(100).stream()
                        .anyMatch(event -> event.text().contains("may still start it")));
        assertThat(a.own().instance("vip").orElseThrow().ownership().released()).isFalse();
        assertThat(b.kit().calls()).doesNotContain("restore vip");
        assertThat(b.submit(new Request.BringInService("vip", false, true, false))
                        .exitCode())
                .isEqualTo(8);
    }

    @Test
    void whatCannotSayHowItIsEndedIsNotStarted() throws Exception {
        a.kit().failKillHandles();
        var reply = a.submit(new Request.BringInService("vip", false, true, false));
        assertThat(reply.exitCode()).isEqualTo(1);
        assertThat(reply.message()).contains("kill handles");
        assertThat(a.kit().calls().stream().filter("restore vip"::equals)).hasSize(1);
        cluster.await("B serves", () -> b.runs("vip"));
    }
}
