package org.mainstay.core.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
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
}
