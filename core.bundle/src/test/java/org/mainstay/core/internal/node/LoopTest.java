package org.mainstay.core.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.Flag;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.core.decision.Decision;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Input;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.internal.lcd.DocumentChange;

/** Durable before done: the order of storing and effects, and what happens when storing fails. */
@Timeout(30)
class LoopTest {
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final CountDownLatch go = new CountDownLatch(1);
    private final CompletableFuture<String> ended = new CompletableFuture<>();
    private final List<Long> commitAges = new CopyOnWriteArrayList<>();
    private final CountDownLatch disk = new CountDownLatch(1);
    private volatile String hanging = "";
    private volatile String failing = "";
    private volatile RuntimeException commitDefect;
    private Loop loop;

    /** An event {@code TimerFired(NAME)} sets a flag of that name and then starts a timer of that name. */
    private Decision decide(CoreState before, Input input) {
        Event event = input.event();
        Origin origin = new Origin(
                event instanceof Event.TimerFired timer && timer.id().startsWith("op") ? "op" : "mainstay", "", 0, "");
        if (event instanceof Event.TimerFired timer) {
            if (timer.id().equals("defect")) {
                throw new IllegalStateException("a defect");
            }
            if (timer.id().equals("no memory")) {
                throw new OutOfMemoryError("a test");
            }
            Lcd own = timer.id().startsWith("quiet")
                    ? before.own()
                    : before.own().with(LcdSection.FLAGS, timer.id(), new Flag(timer.id()));
            return new Decision(before.withOwn(own), List.of(new Effect.CancelTimer(timer.id())), origin);
        }
        if (event instanceof Event.Requested || event instanceof Event.MessageReceived) {
            throw new IllegalStateException("a defect");
        }
        if (event instanceof Event.PersistFailed failed && !hanging.isEmpty()) {
            return new Decision(before, refusals(before, failed), origin);
        }
        if (event instanceof Event.PersistFailed failed) {
            return new Decision(
                    before,
                    List.of(new Effect.CancelTimer(
                            "failed " + ((Event.TimerFired) failed.failed()).id() + ": " + failed.reason())),
                    origin);
        }
        return new Decision(before, List.of(), origin);
    }

    private void commit(List<DocumentChange> changes, Origin origin) throws IOException {
        List<String> keys = new ArrayList<>();
        changes.forEach(change -> change.changes().forEach(row -> keys.add(row.key())));
        if (!failing.isEmpty() && keys.contains(failing)) {
            throw new IOException("disk full");
        }
        if (keys.contains(hanging)) {
            await(disk);
        }
        if (commitDefect != null) {
            throw commitDefect;
        }
        log.add("stored " + keys + " by " + origin.who() + " to "
                + changes.get(0).toVersion());
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** As the core answers: a claim of what has a flag of its name is refused; it gives up other things besides. */
    private static List<Effect> refusals(CoreState state, Event.PersistFailed failed) {
        List<Effect> effects = new ArrayList<>();
        effects.add(new Effect.Answer("another request", Reply.failed(1, "given up")));
        if (failed.failed() instanceof Event.Requested requested) {
            effects.add(new Effect.Answer(requested.requestId(), Reply.failed(1, failed.reason())));
        } else if (failed.failed() instanceof Event.MessageReceived received
                && received.message() instanceof CoreMessage.ClaimRequest claim) {
            boolean involved = claim.epochs().keySet().stream()
                    .anyMatch(tag -> state.own().row(LcdSection.FLAGS, tag).isPresent());
            effects.add(new Effect.Send(
                    received.peer(),
                    1,
                    new CoreMessage.ClaimAnswer(claim.claimId(), !involved, false, Map.of(), involved ? "mine" : "")));
        }
        return effects;
    }

    private void awaitLog(String part) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(15);
        while (log.stream().noneMatch(line -> line.contains(part))) {
            assertThat(System.nanoTime() - end)
                    .as("waiting for %s in %s", part, log)
                    .isNegative();
            new CountDownLatch(1).await(10, TimeUnit.MILLISECONDS);
        }
    }

    @Test
    void whileTheDiskHangsQuestionsAreRefusedAndEverythingElseWaits() throws Exception {
        hanging = "taken";
        run();
        loop.post(new Event.TimerFired("taken"));
        loop.start(CoreState.initial(Lcd.empty("A", 1), Map.of()), new Event.PersistRecovered());
        Origin root = new Origin("root", "A", 0, "");
        awaitLog("overdue");
        assertThat(loop.commitAgeMillis()).isGreaterThan(2_000);
        assertThat(commitAges).isNotEmpty().isSorted().allMatch(age -> age > 0);
        loop.post(new Event.TimerFired("last"));
        loop.post(new Event.Requested("r1", root, new ServiceRequest.Cancel("r0")));
        loop.post(new Event.Requested("r2", root, new ServiceRequest.Stop(true, false)));
        loop.post(new Event.MessageReceived("B", new CoreMessage.ClaimRequest("c1", Map.of("taken", 2L), Map.of())));
        loop.post(new Event.MessageReceived("B", new CoreMessage.ClaimRequest("c2", Map.of("free", 2L), Map.of())));
        awaitLog("c2");
        assertThat(log).anyMatch(line -> line.contains("requestId=r1") && line.contains("has not answered for"));
        assertThat(log).anyMatch(line -> line.contains("requestId=r2") && line.contains("cannot be stopped now"));
        // the commit that hangs may yet make it the server's own
        assertThat(log).anyMatch(line -> line.contains("c1") && line.contains("granted=false"));
        assertThat(log).anyMatch(line -> line.contains("c2") && line.contains("granted=true"));
        assertThat(log).noneMatch(line -> line.contains("another request") || line.contains("stored"));
        disk.countDown();
        assertThat(go.await(20, TimeUnit.SECONDS)).as(log.toString()).isTrue();
        assertThat(log).contains("taken", "last");
        assertThat(log.stream().filter(line -> line.equals("overdue"))).hasSize(1);
        assertThat(log.stream().filter(line -> line.contains("requestId=r1"))).hasSize(1);
        assertThat(loop.commitAgeMillis()).isZero();
        assertThat(ended).isNotDone();
    }

    private void run() throws Exception {
        loop = new Loop(
                this::decide,
                this::commit,
                new Loop.Edge() {
                    @Override
                    public void entered(CoreState state) {
                        log.add("version " + state.own().version());
                    }

                    @Override
                    public void execute(Effect effect) {
                        if (effect instanceof Effect.Answer || effect instanceof Effect.Send) {
                            log.add(effect.toString());
                            return;
                        }
                        log.add(((Effect.CancelTimer) effect).id());
                        if (log.get(log.size() - 1).equals("throwing")) {
                            throw new IllegalStateException("an effect that fails");
                        }
                    }

                    @Override
                    public void alive(CoreState state) {
                        if (log.contains("last")) {
                            go.countDown();
                        }
                    }

                    @Override
                    public void committing(long ageMillis) {
                        commitAges.add(ageMillis);
                    }

                    @Override
                    public void overdue(long ageMillis) {
                        log.add("overdue");
                    }
                },
                Clock.systemUTC(),
                (why, cause) -> ended.complete(why + ": " + cause));
    }

    @AfterEach
    void close() {
        loop.close();
    }

    private void post(String... names) throws Exception {
        for (String name : names) {
            loop.post(new Event.TimerFired(name));
        }
        loop.start(CoreState.initial(Lcd.empty("A", 1), Map.of()), new Event.PersistRecovered());
        assertThat(go.await(20, TimeUnit.SECONDS)).as(log.toString()).isTrue();
        log.removeIf(line -> line.equals("version 0"));
    }

    @Test
    void eventsThatWaitTogetherAreStoredTogetherBeforeTheirEffects() throws Exception {
        run();
        post("a", "b", "last");
        assertThat(log).containsExactly("stored [a, b, last] by mainstay to 3", "version 3", "a", "b", "last");
    }

    @Test
    void changesOfDifferentPeopleAreRecordedApart() throws Exception {
        run();
        post("a", "op1", "last");
        assertThat(log)
                .containsExactly(
                        "stored [a] by mainstay to 1",
                        "version 1",
                        "a",
                        "stored [op1] by op to 2",
                        "version 2",
                        "op1",
                        "stored [last] by mainstay to 3",
                        "version 3",
                        "last");
    }

    @Test
    void whatCannotBeStoredHasNoEffectAndTheCoreIsTold() throws Exception {
        failing = "b";
        run();
        post("a", "b", "quiet", "last");
        assertThat(log)
                .containsExactly(
                        "stored [a] by mainstay to 1",
                        "version 1",
                        "a",
                        "version 1",
                        "failed b: disk full",
                        "version 1",
                        "quiet",
                        "stored [last] by mainstay to 2",
                        "version 2",
                        "last");
    }

    private String ends(String... names) throws Exception {
        run();
        for (String name : names) {
            loop.post(new Event.TimerFired(name));
        }
        loop.start(CoreState.initial(Lcd.empty("A", 1), Map.of()), new Event.PersistRecovered());
        return ended.get(20, TimeUnit.SECONDS);
    }

    @Test
    void whoeverAsksWhatADefectKeepsFromBeingDecidedIsAnsweredAndNothingElseStops() throws Exception {
        run();
        Origin root = new Origin("root", "A", 0, "");
        loop.post(new Event.Requested("r1", root, new ServiceRequest.Cancel("r0")));
        loop.post(new Event.MessageReceived("B", new CoreMessage.TakeOut("r2", List.of("vip"), false, "root")));
        loop.post(new Event.MessageReceived("B", new CoreMessage.ClaimRequest("c1", Map.of("vip", 2L), Map.of())));
        post("a", "last");
        assertThat(log).anyMatch(line -> line.contains("requestId=r1") && line.contains("exitCode=3"));
        assertThat(log).anyMatch(line -> line.contains("RequestDone") && line.contains("exitCode=3"));
        assertThat(log).anyMatch(line -> line.contains("ClaimAnswer") && line.contains("granted=false"));
        assertThat(log).contains("a", "last");
        assertThat(ended).isNotDone();
    }

    @Test
    void somethingThatHappenedAndCouldNotBeDecidedEndsTheManagerInsteadOfBeingForgotten() throws Exception {
        assertThat(ends("a", "defect", "b")).contains("defect").contains("IllegalStateException");
        assertThat(log).doesNotContain("b", "last");
    }

    @Test
    void anErrorEndsTheManagerInsteadOfItsThreadAlone() throws Exception {
        assertThat(ends("a", "no memory")).contains("OutOfMemoryError");
    }

    @Test
    void anEffectThatCannotBeCarriedOutEndsTheManager() throws Exception {
        assertThat(ends("a", "throwing")).contains("throwing");
    }

    @Test
    void aCommitOfWhichNobodyKnowsWhetherItTookPlaceEndsTheManager() throws Exception {
        commitDefect = new IllegalStateException("a defect of the store");
        assertThat(ends("a")).contains("whether a change").contains("a defect of the store");
        assertThat(log).doesNotContain("a");
    }

    @Test
    void defectsWhileItEndsAreOfNoConsequence() throws Exception {
        run();
        CountDownLatch closing = new CountDownLatch(1);
        loop.postIf(() -> {
            closing.countDown();
            loop.close();
            throw new IllegalStateException("parts are gone");
        });
        loop.start(CoreState.initial(Lcd.empty("A", 1), Map.of()), new Event.PersistRecovered());
        assertThat(closing.await(20, TimeUnit.SECONDS)).isTrue();
        loop.close();
        assertThat(ended).isNotDone();
    }

    @Test
    void theFirstEventComesBeforeWhatWasQueued() throws Exception {
        run();
        loop.post(new Event.TimerFired("last"));
        loop.start(CoreState.initial(Lcd.empty("A", 1), Map.of()), new Event.TimerFired("first"));
        assertThat(go.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(log.indexOf("first")).isLessThan(log.indexOf("last"));
    }
}
