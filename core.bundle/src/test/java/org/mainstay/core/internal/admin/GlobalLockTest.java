package org.mainstay.core.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.Withdrawal;
import org.mainstay.core.internal.node.MemoryFolder;
import org.mainstay.core.internal.node.TestCluster;
import org.mainstay.core.internal.node.TestNode;

/** The administrative lock when a server goes while it is being taken (FLG-011). A is asked before B. */
@Timeout(120)
class GlobalLockTest {
    @TempDir(factory = MemoryFolder.class)
    Path directory;

    private TestCluster cluster;
    private TestNode a;

    @BeforeEach
    void start() throws Exception {
        cluster = new TestCluster(directory, 2).withPaths();
        a = cluster.node("A");
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private static boolean asksForLock(String topic, byte[] payload) {
        return topic.equals(Step.TOPIC) && new String(payload, StandardCharsets.UTF_8).contains(AdminLock.PREFIX);
    }

    private Reply create(String tag) throws Exception {
        return a.submit(new Request.CreateResource("fake", tag, Map.of("id", tag)));
    }

    private void nobodyHoldsIt() throws Exception {
        for (String server : new String[] {"A", "B"}) {
            assertThat(cluster.node(server).own().rows(org.mainstay.cluster.lcd.LcdSection.FLAGS))
                    .as("flags of " + server)
                    .isEmpty();
        }
        assertThat(create("next").exitCode()).isZero();
    }

    @Test
    void aServerThatDoesNotAnswerLeavesItHeldNowhere() throws Exception {
        a.deliversOnly((topic, payload) -> !asksForLock(topic, payload));
        Reply reply = create("one");
        assertThat(reply.exitCode()).as(reply.toString()).isEqualTo(ExitCode.NO_COMMUNICATION);
        a.deliversOnly((topic, payload) -> true);
        nobodyHoldsIt();
    }

    @Test
    void aServerThatDiesMeanwhileIsNotNeeded() throws Exception {
        AtomicBoolean asked = new AtomicBoolean();
        a.deliversOnly((topic, payload) -> {
            if (asksForLock(topic, payload) && asked.compareAndSet(false, true)) {
                cluster.cut("A", "B");
            }
            return !asked.get();
        });
        Reply reply = create("one");
        assertThat(asked).isTrue();
        assertThat(reply.exitCode()).as(reply.toString()).isZero();
        a.deliversOnly((topic, payload) -> true);
        cluster.mend("A", "B");
        cluster.await("both are in touch", () -> TestCluster.available(a));
        nobodyHoldsIt();
    }

    /** A process that lives on, as a shell does, and is not this one. */
    private static long shell() {
        return ProcessHandle.current().parent().orElseThrow().pid();
    }

    private static Request.TakeLocks locks() {
        return new Request.TakeLocks(shell(), "Script", 60);
    }

    private static Request.CreateResource creation() {
        return new Request.CreateResource("fake", "one", Map.of("id", "one"));
    }

    private Reply refused(CompletableFuture<Reply> reply) throws Exception {
        Reply refused = reply.get(60, TimeUnit.SECONDS);
        assertThat(refused.exitCode()).as(refused.toString()).isEqualTo(ExitCode.IN_USE);
        assertThat(refused.message()).contains("withdrawn").contains("nothing was changed");
        return refused;
    }

    private void waits(CompletableFuture<Reply> reply) throws Exception {
        cluster.await(
                "it waits for the lock", () -> a.progress().stream().anyMatch(line -> line.startsWith("waiting for")));
        assertThat(reply).isNotDone();
        a.progress().clear();
    }

    @Test
    void whatOnlyWaitedIsWithdrawn() throws Exception {
        assertThat(cluster.node("B").submit(locks()).exitCode()).isZero();
        for (Request request : new Request[] {creation(), locks()}) {
            Withdrawal withdrawal = new Withdrawal();
            CompletableFuture<Reply> reply = a.submitLater(request, withdrawal);
            waits(reply);
            assertThat(withdrawal.withdraw()).isTrue();
            refused(reply);
        }
        assertThat(cluster.node("B").submit(new Request.ReleaseLocks(shell())).exitCode())
                .isZero();
        nobodyHoldsIt();
        assertThat(a.own().instance("one")).isEmpty();
    }

    /** The last server gives it in the very moment in which the caller gives up. */
    @Test
    void whatIsTakenInTheSameInstantIsGivenUp() throws Exception {
        for (Request request : new Request[] {creation(), locks()}) {
            Withdrawal withdrawal = new Withdrawal();
            a.deliversOnly((topic, payload) -> {
                if (asksForLock(topic, payload)) {
                    assertThat(withdrawal.withdraw()).isTrue();
                }
                return true;
            });
            refused(a.submitLater(request, withdrawal));
            a.deliversOnly((topic, payload) -> true);
            assertThat(flags()).isEmpty();
        }
        nobodyHoldsIt();
        assertThat(a.own().instance("one")).isEmpty();
    }

    private java.util.List<String> flags() {
        java.util.List<String> all = new java.util.ArrayList<>();
        for (String server : new String[] {"A", "B"}) {
            all.addAll(cluster.node(server)
                    .own()
                    .rows(org.mainstay.cluster.lcd.LcdSection.FLAGS)
                    .keySet());
        }
        return all;
    }

    @Test
    void aLockIsTheCallersOnlyWhenHeKeepsIt() throws Exception {
        Withdrawal late = new Withdrawal();
        assertThat(a.submitLater(locks(), late).get(60, TimeUnit.SECONDS).exitCode())
                .isZero();
        assertThat(flags()).hasSize(2);
        assertThat(late.withdraw()).isTrue();
        assertThat(flags()).as("given up before withdraw returns").isEmpty();

        Withdrawal kept = new Withdrawal();
        assertThat(a.submitLater(locks(), kept).get(60, TimeUnit.SECONDS).exitCode())
                .isZero();
        assertThat(kept.begin()).isTrue();
        assertThat(kept.withdraw()).isFalse();
        assertThat(flags()).hasSize(2);

        Withdrawal again = new Withdrawal();
        assertThat(a.submitLater(locks(), again).get(60, TimeUnit.SECONDS).exitCode())
                .isZero();
        assertThat(again.withdraw())
                .as("the process holds it by its first question")
                .isFalse();
        assertThat(flags()).hasSize(2);
        assertThat(a.submit(new Request.ReleaseLocks(shell())).exitCode()).isZero();
        nobodyHoldsIt();
    }

    /** A caller that was killed cannot wait for its question to end; the next one of the same shell does. */
    @Test
    void theNextQuestionOfAProcessIsNotGivenUpWithTheOneBefore() throws Exception {
        assertThat(cluster.node("B").submit(locks()).exitCode()).isZero();
        Withdrawal first = new Withdrawal();
        CompletableFuture<Reply> before = a.submitLater(locks(), first);
        waits(before);
        CompletableFuture<Reply> next = a.submitLater(locks(), new Withdrawal());
        assertThat(first.withdraw()).isTrue();
        assertThat(cluster.node("B").submit(new Request.ReleaseLocks(shell())).exitCode())
                .isZero();
        refused(before);
        assertThat(next.get(60, TimeUnit.SECONDS).exitCode()).isZero();
        assertThat(flags()).hasSize(2).allMatch(flag -> flag.contains("!A:"));
        assertThat(a.submit(new Request.ReleaseLocks(shell())).exitCode()).isZero();
        nobodyHoldsIt();
    }

    @Test
    void whatHasBegunGoesOn() throws Exception {
        Withdrawal withdrawal = new Withdrawal();
        CompletableFuture<Reply> reply = a.submitLater(creation(), withdrawal);
        assertThat(reply.get(60, TimeUnit.SECONDS).exitCode()).isZero();
        assertThat(withdrawal.withdraw()).isFalse();
        assertThat(a.own().instance("one")).isPresent();
    }
}
