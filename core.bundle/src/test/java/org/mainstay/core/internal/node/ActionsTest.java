package org.mainstay.core.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.decision.state.RightToRun;
import org.mainstay.core.internal.guard.BootTime;
import org.mainstay.core.internal.guard.GuardAwait;
import org.mainstay.core.internal.run.ActionOrder;
import org.mainstay.core.internal.run.Ended;
import org.mainstay.core.internal.run.KitRegistry;
import org.mainstay.core.internal.run.Running;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.Outcome;

/** An action can be given up at any moment, and each ends in one event (CMD-392, I5). */
class ActionsTest {
    @TempDir
    Path directory;

    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
    private final List<Event> fed = new CopyOnWriteArrayList<>();
    private final List<Call> calls = new CopyOnWriteArrayList<>();
    private Runnable whileStarting = () -> {};
    private Actions actions;
    private volatile boolean guarded = true;

    private static final class Call implements Running<Outcome> {
        private final CompletableFuture<Ended<Outcome>> result = new CompletableFuture<>();
        private String cancelled = "";

        @Override
        public CompletionStage<Ended<Outcome>> result() {
            return result;
        }

        @Override
        public void cancel(String why) {
            cancelled = why;
            result.complete(new Ended<>(Ended.How.CANCELLED, null, why));
        }
    }

    @BeforeEach
    void start() {
        KitRegistry kits = new KitRegistry(directory, KitDescriptor.Platform.LINUX);
        actions = new Actions(
                this::call, kits, timer, Duration.ZERO, () -> guarded, fed::add, (tag, request, text) -> {});
        actions.entered(
                CoreState.initial(Lcd.empty("A", 1).with(Instance.create("vip", "id", "test", "fake")), Map.of()));
    }

    @AfterEach
    void stop() {
        timer.shutdownNow();
    }

    private Running<Outcome> call(ActionOrder order, Supplier<Optional<String>> refusal, Consumer<String> progress) {
        Call call = new Call();
        calls.add(call);
        whileStarting.run();
        return call;
    }

    private void run(String id) {
        actions.run(new Effect.RunAction(id, "vip", "restore", List.of(), 1, false, false, Long.MAX_VALUE, "test"));
    }

    @Test
    void whatIsGivenUpWhileItStartsIsGivenUp() {
        whileStarting = () -> actions.cancel("a1");
        run("a1");
        assertThat(calls.get(0).cancelled).contains("given up");
        assertThat(fed).hasSize(1).first().asString().contains("a1").contains("succeeded=false");
    }

    @Test
    void whatIsOverIsNotRememberedAsGivenUp() {
        run("a1");
        calls.get(0).result.complete(new Ended<>(Ended.How.ANSWERED, Outcome.success("done"), ""));
        actions.cancel("a1");
        // the same id again, as only a replay would use it
        run("a1");
        assertThat(calls).hasSize(2);
        assertThat(calls.get(1).cancelled).isEmpty();
    }

    /** If this manager died, nobody would end what a guard that was away has not been told of. */
    @Test
    void whatNeedsTheRightToRunWaitsUntilTheGuardIsBack() throws Exception {
        long until = BootTime.millis() + 600_000;
        actions.entered(
                CoreState.initial(Lcd.empty("A", 1).with(Instance.create("vip", "id", "test", "fake")), Map.of())
                        .withRight(new RightToRun(RightToRun.Right.HELD, until, 1, "")));
        guarded = false;
        actions.run(new Effect.RunAction("r1", "vip", "restore", List.of(), 1, false, false, until, "test"));
        actions.run(new Effect.RunAction("r2", "vip", "remove", List.of(), 1, false, false, Long.MAX_VALUE, "test"));
        assertThat(calls).as("a remove needs no right").hasSize(1);
        actions.run(new Effect.RunAction("r3", "vip", "restore", List.of(), 1, false, false, until, "test"));
        actions.cancel("r3");
        GuardAwait.until("what is given up ends", 30_000, () -> fed.toString().contains("r3"));
        assertThat(calls).hasSize(1);
        guarded = true;
        GuardAwait.until("the restore begins", 30_000, () -> calls.size() == 2);
    }

    /** A mirrored volume's remove fails because the control of mirrors goes before core does. */
    @Test
    void whatFailsWhileTheCoreGoesIsLeftForTheNextStart() {
        run("a1");
        run("a2");
        actions.drain();
        calls.get(0).result.complete(new Ended<>(Ended.How.ANSWERED, Outcome.failed("the control is not there"), ""));
        calls.get(1).result.complete(new Ended<>(Ended.How.ANSWERED, Outcome.success("done"), ""));
        assertThat(fed).singleElement().asString().contains("a2").contains("succeeded=true");
    }

    @Test
    void whatRunsIsCancelledAndReportedOnce() {
        run("a1");
        actions.cancel("a1");
        actions.cancel("a1");
        assertThat(fed).hasSize(1);
        assertThat(calls).hasSize(1);
    }
}
