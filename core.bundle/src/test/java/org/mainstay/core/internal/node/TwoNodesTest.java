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

/** Core, runtime and store fit together: two servers do what operators and faults ask of them. */
@Timeout(60)
class TwoNodesTest {
    @TempDir
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
}
