package org.mainstay.core.internal.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The bounds of calls into kits: time, number, turn (I5). */
class WorkersTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private final Workers workers = new Workers(3, 2);
    private final CountDownLatch release = new CountDownLatch(1);

    @AfterEach
    void close() {
        release.countDown();
        workers.close();
    }

    private static <T> Ended<T> wait(CompletionStage<Ended<T>> stage) throws Exception {
        return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private <T> CompletionStage<Ended<T>> submit(String lane, Call.Kind kind, Duration limit, Call.Body<T> body) {
        return workers.submit(new Call<>("test " + lane, lane, kind, limit, this, body))
                .result();
    }

    /** A kit that ignores the interrupt, as native code or a socket read does. */
    private String hang() {
        boolean interrupted = false;
        while (true) {
            try {
                release.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        return interrupted ? "late" : "in time";
    }

    @Test
    void aLaneGoesOnAfterAThreadCouldNotBeMade() throws Exception {
        AtomicBoolean exhausted = new AtomicBoolean(true);
        try (Workers few = new Workers(3, 2, body -> {
            if (exhausted.getAndSet(false)) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            return Threads.named("test").newThread(body);
        })) {
            Call<String> call = new Call<>("test", "vip", Call.Kind.CHANGE, LONG, this, control -> "done");
            Ended<String> ended = wait(few.submit(call).result());
            assertThat(ended.how()).isEqualTo(Ended.How.NOT_RUN);
            assertThat(ended.message()).contains("no thread could be made");
            assertThat(wait(few.submit(call).result())).isEqualTo(Ended.answered("done"));
        }
    }

    @Test
    void anAnswerInTimeIsHandedOver() throws Exception {
        assertThat(wait(submit("vip", Call.Kind.CHANGE, LONG, control -> "done")))
                .isEqualTo(Ended.answered("done"));
    }

    @Test
    void whatIsNoLongerAllowedBeginsNothingMoreButItsAnswerCounts() throws Exception {
        Ended<String> ended = wait(submit("vip", Call.Kind.CHANGE, LONG, control -> {
            control.revokedWhen(() -> true);
            return control.cancelled() && !control.pause(Duration.ZERO) ? "nothing more is begun" : "goes on";
        }));
        assertThat(ended).isEqualTo(Ended.answered("nothing more is begun"));
    }

    @Test
    void anExceptionOfAKitIsAFailureWithItsMessage() throws Exception {
        Ended<String> ended = wait(submit("vip", Call.Kind.CHANGE, LONG, control -> {
            throw new IllegalStateException("no such port");
        }));
        assertThat(ended.how()).isEqualTo(Ended.How.THREW);
        assertThat(ended.message()).isEqualTo("no such port");
        assertThat(wait(submit("vip", Call.Kind.CHANGE, LONG, control -> "next"))
                        .answered())
                .isTrue();
    }

    @Test
    void aMissingClassOfAKitIsAFailure() throws Exception {
        Ended<String> ended = wait(submit("vip", Call.Kind.CHANGE, LONG, control -> {
            throw new NoClassDefFoundError("org/example/Driver");
        }));
        assertThat(ended.how()).isEqualTo(Ended.How.THREW);
    }

    @Test
    void anOverrunIsReportedAtItsLimitAndInterrupted() throws Exception {
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        Ended<String> ended = wait(submit("vip", Call.Kind.CHANGE, Duration.ofMillis(50), control -> {
            interrupted.complete(!control.pause(LONG) && control.cancelled());
            return "never counts";
        }));
        assertThat(ended.how()).isEqualTo(Ended.How.TIMED_OUT);
        assertThat(ended.message()).contains("0.05 s");
        assertThat(interrupted.get(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void cancellationRunsItsHooks() throws Exception {
        CompletableFuture<String> killed = new CompletableFuture<>();
        submit("vip", Call.Kind.CHANGE, Duration.ofMillis(50), control -> {
            control.onCancel(() -> killed.complete("command killed"));
            return hang();
        });
        assertThat(killed.get(30, TimeUnit.SECONDS)).isEqualTo("command killed");
    }

    @Test
    void aHangingKitHoldsUpNobodyElseButItsOwnInstance() throws Exception {
        for (int i = 0; i < 3; i++) {
            assertThat(wait(submit("hung" + i, Call.Kind.CHANGE, Duration.ofMillis(30), control -> hang()))
                            .how())
                    .isEqualTo(Ended.How.TIMED_OUT);
        }
        workers.close();
    }

    @Test
    void hangingCallsDoNotCountAgainstTheBound() throws Exception {
        for (int i = 0; i < 2; i++) {
            wait(submit("hung" + i, Call.Kind.CHANGE, Duration.ofMillis(30), control -> hang()));
        }
        CountDownLatch three = new CountDownLatch(3);
        for (int i = 0; i < 3; i++) {
            submit("ok" + i, Call.Kind.CHANGE, LONG, control -> {
                three.countDown();
                return three.await(10, TimeUnit.SECONDS);
            });
        }
        assertThat(three.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void theNextChangeWaitsForAnOverrunOfItsInstanceAndFailsIfThatNeverEnds() throws Exception {
        wait(submit("vip", Call.Kind.CHANGE, Duration.ofMillis(30), control -> hang()));
        Ended<String> next = wait(submit("vip", Call.Kind.CHANGE, Duration.ofMillis(100), control -> "must not run"));
        assertThat(next.how()).isEqualTo(Ended.How.TIMED_OUT);
        assertThat(next.message()).contains("still hangs");
        CompletionStage<Ended<String>> third = submit("vip", Call.Kind.CHANGE, LONG, control -> "ran");
        release.countDown();
        assertThat(wait(third).value()).isEqualTo("ran");
    }

    @Test
    void changesOfOneInstanceRunOneAfterTheOther() throws Exception {
        List<String> order = new CopyOnWriteArrayList<>();
        CountDownLatch first = new CountDownLatch(1);
        CompletionStage<Ended<String>> a = submit("vip", Call.Kind.CHANGE, LONG, control -> {
            order.add("a begins");
            first.await();
            order.add("a ends");
            return "a";
        });
        CompletionStage<Ended<String>> b = submit("vip", Call.Kind.CHANGE, LONG, control -> {
            order.add("b begins");
            return "b";
        });
        first.countDown();
        wait(a);
        wait(b);
        assertThat(order).containsExactly("a begins", "a ends", "b begins");
    }

    @Test
    void aCheckStepsAsideForAChangeEvenIfItIgnoresTheInterrupt() throws Exception {
        CountDownLatch checking = new CountDownLatch(1);
        CompletionStage<Ended<String>> check = submit("vip", Call.Kind.CHECK, LONG, control -> {
            checking.countDown();
            return hang();
        });
        checking.await();
        CompletionStage<Ended<String>> change = submit("vip", Call.Kind.CHANGE, LONG, control -> "removed");
        assertThat(wait(check).how()).isEqualTo(Ended.How.CANCELLED);
        assertThat(wait(change).value()).isEqualTo("removed");
    }

    @Test
    void aCheckDoesNotRunBesideAChange() throws Exception {
        submit("vip", Call.Kind.CHANGE, LONG, control -> hang());
        assertThat(wait(submit("vip", Call.Kind.CHECK, LONG, control -> "checked"))
                        .how())
                .isEqualTo(Ended.How.NOT_RUN);
        assertThat(wait(submit("", Call.Kind.LOOK, LONG, control -> "looked")).value())
                .isEqualTo("looked");
    }

    @Test
    void tooManyHangingCallsRefuseFurtherOnesInsteadOfEatingThreads() throws Exception {
        for (int i = 0; i < 3; i++) {
            wait(submit("hung" + i, Call.Kind.CHANGE, Duration.ofMillis(30), control -> hang()));
        }
        Ended<String> ended = wait(submit("next", Call.Kind.CHANGE, LONG, control -> "ran"));
        assertThat(ended.how()).isEqualTo(Ended.How.NOT_RUN);
        assertThat(ended.message()).contains("hang beyond their time limits");
    }

    @Test
    void whatHangsOrRunsNeverKeepsSomethingElseFromBeingEnded() throws Exception {
        for (int i = 0; i < 3; i++) {
            wait(submit("hung" + i, Call.Kind.CHANGE, Duration.ofMillis(30), control -> hang()));
        }
        assertThat(urgent("other")).isEqualTo("removed other");
        assertThat(wait(submit("next", Call.Kind.CHANGE, LONG, control -> "ran"))
                        .how())
                .isEqualTo(Ended.How.NOT_RUN);
    }

    @Test
    void whatRunsNeverKeepsSomethingElseFromBeingEnded() throws Exception {
        for (int i = 0; i < 5; i++) {
            submit("busy" + i, Call.Kind.CHANGE, LONG, control -> hang());
        }
        assertThat(urgent("other")).isEqualTo("removed other");
    }

    private String urgent(String lane) throws Exception {
        return wait(workers.submit(new Call<>(
                                "remove " + lane,
                                lane,
                                Call.Kind.CHANGE,
                                LONG,
                                true,
                                this,
                                control -> "removed " + lane))
                        .result())
                .value();
    }

    @Test
    void aKitThatGoesInterruptsItsCallsOnly() throws Exception {
        CountDownLatch both = new CountDownLatch(2);
        Object other = new Object();
        CompletionStage<Ended<String>> mine = submit("mine", Call.Kind.CHANGE, LONG, control -> {
            both.countDown();
            control.pause(LONG);
            return "mine";
        });
        CompletionStage<Ended<String>> others = workers.submit(
                        new Call<>("other", "other", Call.Kind.CHANGE, LONG, other, control -> {
                            both.countDown();
                            return hang();
                        }))
                .result();
        both.await();
        workers.cancelOwner(this, "its kit was uninstalled");
        assertThat(wait(mine).how()).isEqualTo(Ended.How.CANCELLED);
        release.countDown();
        assertThat(wait(others).value()).isEqualTo("in time");
    }

    @Test
    void whatWaitsForItsTurnIsNotHandedToAKitThatIsGone() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        workers.submit(new Call<>("before", "vip", Call.Kind.CHANGE, LONG, new Object(), control -> {
            begun.countDown();
            return hang();
        }));
        begun.await();
        List<String> ran = new CopyOnWriteArrayList<>();
        CompletionStage<Ended<String>> change = submit("vip", Call.Kind.CHANGE, LONG, control -> {
            ran.add("in the old kit");
            return "removed";
        });
        workers.cancelOwner(this, "its kit was uninstalled");
        release.countDown();
        assertThat(wait(change).how()).isEqualTo(Ended.How.CANCELLED);
        assertThat(wait(workers.submit(
                                new Call<>("after", "vip", Call.Kind.CHANGE, LONG, new Object(), control -> "after"))
                        .result()))
                .isEqualTo(Ended.answered("after"));
        assertThat(ran).isEmpty();
    }

    @Test
    void theThreadHasTheKitsClassLoaderDuringTheCallOnlyAndIsNotInterruptedByAnEarlierCall() throws Exception {
        ClassLoader during = wait(submit(
                        "vip",
                        Call.Kind.CHANGE,
                        LONG,
                        control -> Thread.currentThread().getContextClassLoader()))
                .value();
        assertThat(during).isSameAs(getClass().getClassLoader());
        wait(submit("vip", Call.Kind.CHANGE, Duration.ofMillis(20), control -> control.pause(LONG)));
        for (int i = 0; i < 20; i++) {
            assertThat(wait(submit(
                                    "vip",
                                    Call.Kind.CHANGE,
                                    LONG,
                                    control -> Thread.currentThread().isInterrupted()))
                            .value())
                    .isFalse();
        }
    }

    @Test
    void drainingLetsRunningCallsEndAndRefusesNewOnes() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CompletionStage<Ended<String>> running = submit("vip", Call.Kind.CHANGE, LONG, control -> {
            begun.countDown();
            return hang();
        });
        begun.await();
        assertThat(workers.drain(Duration.ofMillis(50))).isFalse();
        assertThat(wait(submit("x", Call.Kind.CHANGE, LONG, control -> "ran")).how())
                .isEqualTo(Ended.How.NOT_RUN);
        release.countDown();
        assertThat(workers.drain(LONG)).isTrue();
        assertThat(wait(running).value()).isEqualTo("in time");
    }

    @Test
    void closingLeavesNoThread() throws Exception {
        wait(submit("vip", Call.Kind.CHANGE, LONG, control -> "done"));
        submit("pausing", Call.Kind.CHANGE, LONG, control -> control.pause(LONG));
        workers.close();
        // the pool counts as ended before its last thread has run out
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith("mainstay-worker")) {
                thread.join(20_000);
                assertThat(thread.isAlive()).as(thread.getName()).isFalse();
            }
        }
    }
}
