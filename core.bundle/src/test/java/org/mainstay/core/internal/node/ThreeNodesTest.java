package org.mainstay.core.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;

/** Three servers: cascading hierarchies and the list of servers. */
@Timeout(60)
class ThreeNodesTest {
    @TempDir(factory = MemoryFolder.class)
    Path directory;

    private TestCluster cluster;
    private TestNode a;
    private TestNode b;
    private TestNode c;

    @BeforeEach
    void start() throws Exception {
        cluster = new TestCluster(directory, 3).withPaths();
        a = cluster.node("A");
        b = cluster.node("B");
        c = cluster.node("C");
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private static void ok(Reply reply) {
        assertThat(reply.exitCode()).as(reply.toString()).isZero();
    }

    private void onAllThree() throws Exception {
        ok(a.create("db"));
        ok(a.submit(new Request.Extend("db", "B", 0, Map.of())));
        ok(a.submit(new Request.Extend("db", "C", 0, Map.of())));
        cluster.await("everywhere", () -> b.state("db") == InstanceState.OSU && c.state("db") == InstanceState.OSU);
    }

    @Test
    void eachPairOfServersHasTheSameRecordOnBoth() throws Exception {
        onAllThree();
        assertThat(a.own().rows(LcdSection.EQUIVALENCIES)).hasSize(2);
        cluster.await(
                "pairs",
                () -> b.own().rows(LcdSection.EQUIVALENCIES).size() == 2
                        && c.own().rows(LcdSection.EQUIVALENCIES).size() == 2);
        assertThat(c.own().rows(LcdSection.EQUIVALENCIES).values())
                .extracting(pair -> pair.server() + pair.priority() + pair.otherServer() + pair.otherPriority())
                .containsExactlyInAnyOrder("A1C20", "B10C20");
    }

    @Test
    void theBestPriorityAliveTakesOver() throws Exception {
        onAllThree();
        cluster.powerCut("A");
        cluster.await("B serves", () -> b.runs("db") && b.state("db") == InstanceState.ISP);
        assertThat(c.runs("db")).isFalse();
        cluster.powerCut("B");
        cluster.await("C serves", () -> c.runs("db") && c.state("db") == InstanceState.ISP);
    }

    @Test
    void prioritiesAreChangedOnAllServers() throws Exception {
        onAllThree();
        ok(c.submit(new Request.SetResource("db", Map.of("priority", "5"))));
        cluster.await(
                "known everywhere",
                () -> a.own().rows(LcdSection.EQUIVALENCIES).values().stream()
                        .anyMatch(pair -> pair.otherServer().equals("C") && pair.otherPriority() == 5));
        assertThat(c.submit(new Request.SetResource("db", Map.of("priority", "10")))
                        .exitCode())
                .isEqualTo(5);
        cluster.powerCut("A");
        cluster.await("C serves", () -> c.runs("db"));
        assertThat(b.runs("db")).isFalse();
    }

    @Test
    void aChangeThatConcernsAServerWhichIsAwayIsRefused() throws Exception {
        onAllThree();
        cluster.powerCut("C");
        cluster.await("C is down", () -> !a.snapshot().peers().get("C").current());
        assertThat(a.submit(new Request.Unextend("db", "C")).exitCode()).isEqualTo(9);
        assertThat(a.submit(new Request.SetResource("db", Map.of("quickCheck", "5")))
                        .exitCode())
                .isEqualTo(9);
        ok(a.submit(new Request.SetResource("db", Map.of("local", "x"))));
    }

    @Test
    void theListOfServersChangesByMajorityAndIsTakenOverByWhoWasAway() throws Exception {
        cluster.powerCut("C");
        cluster.await("C is down", () -> !a.snapshot().peers().get("C").current());
        Member joining = new Member("D", "10.0.0.4", 1500, "00");
        ok(a.submit(new Request.AddMember(joining)));
        ok(a.submit(new Request.AddMember(joining)));
        assertThat(a.submit(new Request.AddMember(new Member("D", "10.0.0.5", 1500, "00")))
                        .exitCode())
                .isEqualTo(4);
        assertThat(a.submit(new Request.AddMember(new Member("E", "10.0.0.4", 1500, "00")))
                        .exitCode())
                .isEqualTo(4);
        assertThat(a.own().membership().epoch()).isEqualTo(4);
        cluster.await("B has it", () -> b.own().membership().epoch() == 4);
        cluster.start("C");
        cluster.await(
                "C has it",
                () -> c.own().membership().epoch() == 4
                        && c.own().membership().member("D").isPresent());
        cluster.powerCut("B");
        cluster.powerCut("C");
        cluster.await("alone", () -> a.snapshot().peers().values().stream().noneMatch(peer -> peer.current()));
        assertThat(a.submit(new Request.AddMember(new Member("E", "10.0.0.5", 1500, "00")))
                        .exitCode())
                .isEqualTo(9);
    }

    @Test
    void aServerIsRemovedWhenNothingIsLeftThereOrByForce() throws Exception {
        onAllThree();
        assertThat(a.submit(new Request.RemoveNode("C", false)).exitCode()).isEqualTo(8);
        Reply serving = b.submit(new Request.RemoveNode("A", true));
        assertThat(serving.exitCode())
                .as("what A serves would be started a second time")
                .isEqualTo(8);
        assertThat(serving.message()).contains("db");
        ok(a.submit(new Request.Unextend("db", "C")));
        Reply removed = a.submit(new Request.RemoveNode("C", false));
        ok(removed);
        assertThat(removed.remarks()).isEmpty();
        assertThat(a.own().membership().member("C")).isEmpty();
        cluster.await(
                "C knows that it was removed",
                () -> c.own().membership().member("C").isEmpty()
                        && c.snapshot().problems().stream().anyMatch(text -> text.contains("C was removed")));
        cluster.kill("C");
        cluster.start("C");
        cluster.await(
                "nothing is in doubt on C",
                () -> c.own().rows(LcdSection.OPERATIONS).isEmpty()
                        && c.own().membership().member("C").isEmpty());
        assertThat(a.own().rows(LcdSection.PATHS).values())
                .noneMatch(path -> path.peer().equals("C"));
        cluster.await("B knows", () -> b.own().membership().member("C").isEmpty());
        cluster.powerCut("B");
        cluster.await("B is down", () -> !a.snapshot().peers().get("B").current());
        assertThat(a.submit(new Request.RemoveNode("B", false)).exitCode()).isEqualTo(9);
        Reply forced = a.submit(new Request.RemoveNode("B", true));
        ok(forced);
        assertThat(forced.remarks()).anyMatch(remark -> remark.contains("only 1 of 2"));
        assertThat(a.own().rows(LcdSection.EQUIVALENCIES)).isEmpty();
        assertThat(a.state("db")).isEqualTo(InstanceState.ISP);
    }
}
