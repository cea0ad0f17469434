package org.mainstay.shell.internal.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.cluster.Reply;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.testing.Captured;
import org.mainstay.shell.testing.FakePlatform;
import org.mainstay.shell.testing.Fixtures;
import org.mainstay.shell.testing.Waits;

/** Commands that wait: progress, Ctrl-C, following events. */
@Timeout(30)
class WaitingCommandsTest {
    private final FakePlatform platform = new FakePlatform(Fixtures.named("two servers"));
    private final Captured captured = Captured.administrator();

    private CompletableFuture<Integer> start(String... arguments) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return Programs.registry()
                        .run(new CommandCall("mainstay", List.of(arguments)), captured.context(), platform);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static void await(BooleanSupplier condition) {
        Waits.until(Duration.ofSeconds(10), condition);
    }

    @Test
    void ctrlCEndsTheWaitingAndSaysThatTheWorkGoesOn() throws Exception {
        platform.neverAnswer();
        platform.progress(List.of("removing pg on A"));
        CompletableFuture<Integer> command = start("resource", "in-service", "pg");
        await(() -> captured.err().contains("removing pg on A"));
        assertThat(command).isNotDone();
        captured.context().cancellation().cancel();
        assertThat(command.get(10, TimeUnit.SECONDS)).isEqualTo(130);
        assertThat(captured.err()).contains("goes on");
        assertThat(captured.out()).isEmpty();
    }

    @Test
    void ctrlCWithdrawsWhatOnlyWaits() throws Exception {
        platform.neverBegin();
        CompletableFuture<Integer> command = start("resource", "create", "postgres", "--set", "datadir=/srv/pg/main");
        await(() -> platform.requests().size() == 1);
        captured.context().cancellation().cancel();
        assertThat(command.get(10, TimeUnit.SECONDS)).isEqualTo(130);
        assertThat(captured.err()).contains("withdrawn; nothing was changed").doesNotContain("goes on");
        assertThat(captured.out()).isEmpty();
    }

    @Test
    void anInterruptOfAKarafConsoleWithdrawsToo() throws Exception {
        platform.neverBegin();
        Thread console = new Thread(() -> {
            try {
                Programs.registry()
                        .run(new CommandCall("getlocks", List.of("--process", "4711")), captured.context(), platform);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        console.start();
        await(() -> platform.requests().size() == 1);
        console.interrupt();
        console.join(10_000);
        assertThat(console.isAlive()).isFalse();
        assertThat(platform.withdrawn()).isTrue();
    }

    @Test
    void whatIsAskedAfterCtrlCIsWithdrawnToo() throws Exception {
        captured.context().cancellation().cancel();
        platform.neverBegin();
        CompletableFuture<Integer> command = start("resource", "create", "postgres", "--set", "datadir=/srv/pg/main");
        assertThat(command.get(10, TimeUnit.SECONDS)).isEqualTo(130);
        assertThat(captured.out()).isEmpty();
    }

    @Test
    void aServerWhoseKitsAreStillComingIsStarting() throws Exception {
        platform.incomplete();
        assertThat(start("node", "phase").get(10, TimeUnit.SECONDS)).isZero();
        assertThat(captured.out().strip()).isEqualTo("STARTING");
    }

    @Test
    void remarksFollowTheAnswer() throws Exception {
        platform.reply(
                new Reply(0, "pg is in service", List.of("the volume data below its data directory is its child")));
        assertThat(start("resource", "create", "postgres", "--set", "datadir=/srv/pg/main")
                        .get(10, TimeUnit.SECONDS))
                .isZero();
        assertThat(captured.out().lines())
                .containsExactly("pg is in service", "the volume data below its data directory is its child");
    }

    @Test
    void followShowsThePastThenEachEventUntilCtrlC() throws Exception {
        CompletableFuture<Integer> command = start("events", "--follow", "--json", "-n", "1");
        await(() -> platform.followers() == 1 && captured.out().lines().count() == 1);
        // One that is already in the past is not shown twice.
        platform.happen(Fixtures.events().get(2));
        platform.happen(new ClusterEvent(
                3, Instant.parse("2026-01-02T03:06:00Z"), "B", 1, ClusterEvent.Level.WARNING, "", "path p1 is dead"));
        await(() -> captured.out().lines().count() == 2);
        captured.context().cancellation().cancel();
        assertThat(command.get(10, TimeUnit.SECONDS)).isEqualTo(130);
        assertThat(captured.out().lines().toList().get(1))
                .isEqualTo("{\"schema\":1,\"sequence\":3,\"at\":\"2026-01-02T03:06:00Z\",\"server\":\"B\",\"number\":1,"
                        + "\"level\":\"WARNING\",\"tag\":null,\"text\":\"path p1 is dead\"}");
        assertThat(platform.followers()).isZero();
    }
}
