package org.mainstay.core.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.kit.Action;
import org.mainstay.kit.Outcome;

/** Core, runtime and store fit together: two servers do what operators and faults ask of them. */
@Timeout(60)
class TwoNodesTest {
    @TempDir(factory = MemoryFolder.class)
    Path directory;

    private TestCluster cluster;
    private TestNode a;
    private TestNode b;

    @BeforeEach
    void start() throws Exception {
        cluster = new TestCluster(directory, 2).withPaths();
        a = cluster.node("A");
        b = cluster.node("B");
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private static void ok(Reply reply) {
        assertThat(reply.exitCode()).as(reply.toString()).isZero();
    }

    private void createdAndExtended() throws Exception {
        ok(a.create("disk"));
        ok(a.create("db", "needs", "disk"));
        ok(a.submit(new Request.Extend("db", "B", 0, Map.of())));
        cluster.await("B has both", () -> b.state("db") == InstanceState.OSU && b.state("disk") == InstanceState.OSU);
    }

    @Test
    void createBringsIntoServiceWithItsChild() throws Exception {
        ok(a.create("disk"));
        Reply reply = a.create("db", "needs", "disk");
        ok(reply);
        assertThat(reply.remarks()).contains("'disk' was added below 'db'");
        assertThat(a.state("db")).isEqualTo(InstanceState.ISP);
        assertThat(a.runs("db")).isTrue();
        assertThat(a.runs("disk")).isTrue();
    }

    @Test
    void switchoverMovesTheHierarchy() throws Exception {
        createdAndExtended();
        ok(b.submit(new Request.BringInService("db", false, true, false)));
        assertThat(b.state("db")).isEqualTo(InstanceState.ISP);
        assertThat(b.runs("db") && b.runs("disk")).isTrue();
        assertThat(a.runs("db") || a.runs("disk")).isFalse();
    }

    @Test
    void powerCutIsTakenOver() throws Exception {
        createdAndExtended();
        cluster.powerCut("A");
        cluster.await("B serves", () -> b.state("db") == InstanceState.ISP && b.runs("db") && b.runs("disk"));
        cluster.start("A");
        cluster.await("A is back as standby", () -> TestCluster.available(a) && a.state("db") == InstanceState.OSU);
        assertThat(a.runs("db")).isFalse();
        assertThat(b.runs("db")).isTrue();
    }

    @Test
    void aKilledManagerDisturbsNothingAndAdoptsWhatRuns() throws Exception {
        createdAndExtended();
        int restores = count(a, "restore db");
        cluster.kill("A");
        cluster.await(
                "B sees that only the guard is left",
                () -> !b.snapshot().peers().get("A").managerPresent());
        assertThat(a.runs("db") && a.runs("disk")).isTrue();
        cluster.start("A");
        cluster.await("adopted", () -> TestCluster.available(a) && a.state("db") == InstanceState.ISP);
        assertThat(count(a, "restore db")).isEqualTo(restores);
        assertThat(b.runs("db")).isFalse();
        assertThat(count(b, "restore db")).isZero();
    }

    private static int count(TestNode node, String call) {
        return (int) node.kit().calls().stream().filter(call::equals).count();
    }

    @Test
    void aThingThatDiedWithItsManagerIsStartedAgain() throws Exception {
        createdAndExtended();
        cluster.kill("A");
        a.crashThing("db");
        cluster.start("A");
        cluster.await(
                "in service again",
                () -> TestCluster.available(a)
                        && (a.runs("db") && a.state("db") == InstanceState.ISP
                                || b.runs("db") && b.state("db") == InstanceState.ISP));
        assertThat(a.runs("db") && b.runs("db")).isFalse();
    }

    @Test
    void aFailedCheckFailsOverToTheOtherServer() throws Exception {
        createdAndExtended();
        a.kit().on(Action.QUICK_CHECK, context -> Outcome.failed("does not answer"));
        ok(a.submit(new Request.SetResource("db", Map.of("quickCheck", "1"))));
        cluster.await("B serves", () -> b.state("db") == InstanceState.ISP && b.runs("db"));
        cluster.await("A is out", () -> a.state("db") != InstanceState.ISP && !a.runs("db"));
        assertThat(a.runs("disk")).isFalse();
    }

    @Test
    void localRecoveryRepairsInPlace() throws Exception {
        createdAndExtended();
        a.kit()
                .on(
                        Action.QUICK_CHECK,
                        context -> a.runs(context.resource().tag()) ? Outcome.success("fine") : Outcome.failed("gone"));
        ok(a.submit(new Request.SetResource("db", Map.of("quickCheck", "1", "localRecovery", "yes"))));
        cluster.await("checked", () -> a.snapshot().checkedAt().containsKey("db"));
        a.crashThing("db");
        cluster.await("recovered", () -> a.runs("db"));
        cluster.await(
                "B learns when it was checked",
                () -> b.snapshot().peers().get("A").checkedAt().containsKey("db"));
        assertThat(a.state("db")).isEqualTo(InstanceState.ISP);
        assertThat(count(b, "restore db")).isZero();
    }

    @Test
    void aHangingRestoreIsUndoneAndLeavesNothingBehind(@TempDir(factory = MemoryFolder.class) Path other)
            throws Exception {
        cluster.close();
        cluster = new TestCluster(other, 2, Duration.ofSeconds(3)).withPaths();
        a = cluster.node("A");
        CountDownLatch never = new CountDownLatch(1);
        a.kit().on(Action.RESTORE, context -> {
            try {
                never.await();
            } catch (InterruptedException e) {
                return Outcome.failed("interrupted");
            }
            return Outcome.success("late");
        });
        Reply reply = a.create("db");
        assertThat(reply.exitCode()).isNotZero();
        assertThat(reply.message()).contains("time limit of 3 s").contains("nothing was created");
        assertThat(a.own().instances()).isEmpty();
        assertThat(a.runs("db")).isFalse();
        never.countDown();
    }

    @Test
    void aThrowingKitIsAFailureWithItsMessage() throws Exception {
        a.kit().on(Action.RESTORE, context -> {
            throw new IllegalStateException("port 5432 is taken");
        });
        Reply reply = a.create("db");
        assertThat(reply.exitCode()).isNotZero();
        assertThat(reply.message()).contains("port 5432 is taken");
        assertThat(a.own().instances()).isEmpty();
    }

    @Test
    void killHandlesAreRecordedBeforeTheRestoreAndToldToTheGuard() throws Exception {
        createdAndExtended();
        List<String> handles = a.own().instance("db").orElseThrow().ownership().killHandles();
        assertThat(handles)
                .anyMatch(handle -> handle.startsWith("CGROUP"))
                .anyMatch(handle -> handle.startsWith("ADDRESS"));
        assertThat(a.guard().inService()).containsKeys("db", "disk");
        assertThat(a.guard().report().lcdVersion()).isPositive();
    }

    @Test
    void aFailedRemoveIsEscalatedOrKeepsTheOtherServerFromStarting() throws Exception {
        createdAndExtended();
        a.kit().on(Action.REMOVE, context -> Outcome.failed("device busy"));
        Reply reply = b.submit(new Request.BringInService("db", false, true, false));
        boolean here = b.runs("db");
        assertThat(here && a.runs("db")).as(reply.toString()).isFalse();
        assertThat(here || a.runs("db") || a.state("db") == InstanceState.OSF)
                .as(reply.toString())
                .isTrue();
    }

    @Test
    void unextendAndDelete() throws Exception {
        createdAndExtended();
        assertThat(a.submit(new Request.Unextend("db", "A")).exitCode()).isEqualTo(8);
        ok(a.submit(new Request.Unextend("db", "B")));
        cluster.await("B has nothing left", () -> b.own().instances().isEmpty());
        assertThat(a.own().rows(LcdSection.EQUIVALENCIES)).isEmpty();
        assertThat(b.own().rows(LcdSection.DEPENDENCIES)).isEmpty();
        Request.DeleteResource.InService refuse = Request.DeleteResource.InService.REFUSE;
        assertThat(a.submit(new Request.DeleteResource("disk", refuse)).exitCode())
                .isEqualTo(8);
        ok(a.submit(new Request.DeleteResource("disk", Request.DeleteResource.InService.STOP)));
        assertThat(a.own().instances()).isEmpty();
        assertThat(a.own().rows(LcdSection.DEPENDENCIES)).isEmpty();
        assertThat(a.runs("db")).isFalse();
    }

    @Test
    void deleteLeavingItRunningReallyLeavesIt() throws Exception {
        createdAndExtended();
        ok(a.submit(new Request.DeleteResource("db", Request.DeleteResource.InService.LEAVE_RUNNING)));
        cluster.await("gone on B", () -> b.own().instance("db").isEmpty());
        assertThat(a.runs("db")).isTrue();
        assertThat(a.own().instances()).containsOnlyKeys("disk");
    }

    @Test
    void takingOutOfServiceWorksFromAnyServer() throws Exception {
        createdAndExtended();
        ok(b.submit(new Request.TakeOutOfService("db", false, false, false)));
        assertThat(a.runs("db")).isFalse();
        assertThat(a.runs("disk")).isTrue();
        cluster.await("out", () -> a.state("db") == InstanceState.OSU);
    }

    // covers ADM-280 ADM-281 ADM-282 ADM-283
    @Test
    void dependenciesOnBothServersOrNone() throws Exception {
        createdAndExtended();
        ok(a.create("vip"));
        assertThat(a.submit(new Request.CreateDependency("db", "vip")).exitCode())
                .isEqualTo(5);
        ok(a.submit(new Request.Extend("vip", "B", 0, Map.of())));
        cluster.await("vip on B", () -> b.state("vip") == InstanceState.OSU);
        ok(a.submit(new Request.CreateDependency("db", "vip")));
        cluster.await("on B too", () -> b.own().rows(LcdSection.DEPENDENCIES).containsKey("db\tvip"));
        assertThat(a.submit(new Request.CreateDependency("db", "vip")).exitCode())
                .isEqualTo(4);
        assertThat(a.submit(new Request.CreateDependency("disk", "db")).exitCode())
                .isEqualTo(5);
        assertThat(a.submit(new Request.CreateDependency("db", "db")).exitCode())
                .isEqualTo(5);
        ok(a.submit(new Request.DeleteDependency("db", "vip")));
        cluster.await(
                "gone on B too", () -> !b.own().rows(LcdSection.DEPENDENCIES).containsKey("db\tvip"));
        assertThat(a.submit(new Request.DeleteDependency("db", "vip")).exitCode())
                .isEqualTo(7);
    }

    @Test
    void theSecondOperatorIsToldWhoChangesTheHierarchy() throws Exception {
        ok(a.create("disk"));
        ok(a.create("db", "needs", "disk"));
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        b.kit().on(Action.EXTEND, context -> {
            asked.countDown();
            try {
                answer.await();
            } catch (InterruptedException e) {
                return Outcome.failed("interrupted");
            }
            return Outcome.success("fine");
        });
        CompletableFuture<Reply> first = a.administration()
                .submit(new Request.Extend("db", "B", 0, Map.of()), TestNode.ROOT, line -> {})
                .toCompletableFuture();
        assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
        Reply second = a.submit(new Request.SetResource("disk", Map.of("size", "3")));
        assertThat(second.exitCode()).isEqualTo(8);
        assertThat(second.message()).contains("extend db to B").contains("root");
        answer.countDown();
        ok(first.get(20, TimeUnit.SECONDS));
        ok(a.submit(new Request.SetResource("disk", Map.of("size", "3"))));
        cluster.await(
                "B has it too",
                () -> "3".equals(b.own().instances().get("disk").properties().get("size")));
    }

    @Test
    void anExtendThatLosesItsTargetInTheMiddleChangesBothOrNeither() throws Exception {
        ok(a.create("db"));
        CountDownLatch asked = new CountDownLatch(1);
        b.kit().on(Action.EXTEND, context -> {
            asked.countDown();
            return Outcome.success("fine");
        });
        CompletableFuture<Reply> extend = a.administration()
                .submit(new Request.Extend("db", "B", 0, Map.of()), TestNode.ROOT, line -> {})
                .toCompletableFuture();
        assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
        cluster.powerCut("B");
        Reply reply = extend.get(30, TimeUnit.SECONDS);
        cluster.start("B");
        cluster.await(
                "B is back",
                () -> TestCluster.available(b) && b.snapshot().peers().get("A").current());
        cluster.await(
                "both or neither, nothing in doubt",
                () -> a.own().rows(LcdSection.OPERATIONS).isEmpty()
                        && b.own().rows(LcdSection.OPERATIONS).isEmpty()
                        && a.own().rows(LcdSection.EQUIVALENCIES).isEmpty()
                                == b.own().instances().isEmpty());
        assertThat(reply.succeeded()).isEqualTo(b.own().instance("db").isPresent());
    }

    @Test
    void aFullDiskRefusesChangesAndTouchesNothing() throws Exception {
        createdAndExtended();
        a.diskFull(true);
        Reply reply = a.create("vip");
        assertThat(reply.exitCode()).isNotZero();
        assertThat(reply.message()).contains("no space left");
        assertThat(a.runs("vip")).isFalse();
        assertThat(a.runs("db")).isTrue();
        a.diskFull(false);
        cluster.await("writes work again", () -> {
            try {
                return a.create("vip").succeeded() || a.own().instance("vip").isPresent();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        assertThat(a.runs("vip")).isTrue();
    }

    @Test
    void anActionWhoseKitIsUpgradedIsRepeatedByTheNewVersion() throws Exception {
        createdAndExtended();
        a.tunables("UPDATE_DRAIN_SECS=0");
        CountDownLatch restoring = new CountDownLatch(1);
        b.tunables("UPDATE_DRAIN_SECS=0");
        b.kit().on(Action.RESTORE, context -> {
            restoring.countDown();
            context.pause(Duration.ofSeconds(25));
            return Outcome.failed("the old version was interrupted");
        });
        CompletableFuture<Reply> move = b.administration()
                .submit(new Request.BringInService("db", false, true, false), TestNode.ROOT, line -> {})
                .toCompletableFuture();
        assertThat(restoring.await(30, TimeUnit.SECONDS)).isTrue();
        b.runtime().kitRemoved(b.kit());
        b.kit().normal(Action.RESTORE);
        b.runtime().kitAdded(b.kit());
        ok(move.get(30, TimeUnit.SECONDS));
        assertThat(b.runs("db") && b.runs("disk")).isTrue();
    }

    private static List<String> texts(TestNode node) {
        return node.runtime().eventLog().recent(1000).stream()
                .map(ClusterEvent::text)
                .toList();
    }

    private static boolean told(TestNode node, String before, String after) {
        List<String> texts = texts(node);
        return texts.lastIndexOf(after) > texts.lastIndexOf(before);
    }

    // covers COMM-041
    @Test
    void bothServersTellThatThePathsAreBack() {
        String aDown = "COMM_DOWN: all comm paths from A to B are dead";
        String bDown = "COMM_DOWN: all comm paths from B to A are dead";
        cluster.cut("A", "B");
        cluster.await("both lost the other", () -> texts(a).contains(aDown) && texts(b).contains(bDown));
        cluster.mend("A", "B");
        cluster.await("A hears B", () -> told(a, aDown, "COMM_UP: B is reachable from A"));
        cluster.await("B hears A", () -> told(b, bDown, "COMM_UP: A is reachable from B"));
    }

    @Test
    void eventsOfOneServerAreSeenOnTheOther() throws Exception {
        createdAndExtended();
        cluster.await(
                "B has A's event",
                () -> b.runtime().eventLog().recent(1000).stream()
                        .anyMatch(event ->
                                event.server().equals("A") && event.text().contains("db is in service on A")));
    }

    @Test
    void stoppingTakesOutAndNobodyStartsItElsewhere() throws Exception {
        createdAndExtended();
        ok(a.submit(new Request.Stop(false, false)));
        assertThat(a.runs("db") || a.runs("disk")).isFalse();
        cluster.kill("A");
        cluster.await("B knows", () -> !b.snapshot().peers().get("A").current());
        assertThat(b.runs("db")).isFalse();
        cluster.start("A");
        cluster.await("A serves again", () -> TestCluster.available(a) && a.runs("db"));
        assertThat(b.runs("db")).isFalse();
    }

    @Test
    void aDatabaseDamagedInBothCopiesIsRepairedFromThePeer() throws Exception {
        createdAndExtended();
        ok(a.create("vip"));
        cluster.await(
                "B holds A's newest",
                () -> b.snapshot().peers().get("A").lcd().version() == a.own().version());
        var before = a.own();
        cluster.kill("A");
        a.damageDatabase();
        cluster.start("A");
        cluster.await("A is ready again", () -> TestCluster.available(a));
        assertThat(a.own().instances().keySet()).isEqualTo(before.instances().keySet());
        assertThat(a.own().rows(LcdSection.EQUIVALENCIES)).isEqualTo(before.rows(LcdSection.EQUIVALENCIES));
        cluster.await("what runs is in service", () -> a.state("db") == InstanceState.ISP);
        assertThat(a.runs("db")).isTrue();
        assertThat(b.runs("db")).isFalse();
    }

    @Test
    void aDamagedDatabaseWithoutPeerStartsNothingAndSaysSo() throws Exception {
        createdAndExtended();
        cluster.powerCut("A");
        cluster.await("B serves", () -> b.runs("db"));
        cluster.powerCut("B");
        a.damageDatabase();
        int calls = a.kit().calls().size();
        cluster.start("A");
        cluster.await("it says so", () -> a.snapshot().problems().stream().anyMatch(text -> text.contains("damaged")));
        assertThat(TestCluster.available(a)).isFalse();
        assertThat(a.kit().calls()).hasSize(calls);
        assertThat(a.runs("db")).isFalse();
    }

    @Test
    void endingLeavesNoThreadAndTouchesNothing() throws Exception {
        createdAndExtended();
        List<String> calls = List.copyOf(a.kit().calls());
        a.runtime().drain();
        cluster.close();
        assertThat(a.runs("db") && a.runs("disk")).isTrue();
        assertThat(a.kit().calls()).isEqualTo(calls);
        // they were told to end; when each of them gets round to it is the scheduler's business
        cluster.await(
                "no thread is left",
                () -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("mainstay-") && thread.isAlive()));
    }
}
