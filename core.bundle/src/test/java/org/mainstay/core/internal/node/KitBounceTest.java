package org.mainstay.core.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.QuorumSettings;
import org.mainstay.cluster.SafetyControl.SafetyNews;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;

/** Kits that come and go before the manager has begun: what counts is which are there when it begins (I8). */
@Timeout(60)
class KitBounceTest {
    @TempDir(factory = MemoryFolder.class)
    Path directory;

    @Test
    void aKitThatIsReplacedBeforeTheManagerBeginsIsThere() throws Exception {
        Membership alone = new Membership(1, List.of(new Member("A", "10.0.0.1", 1500, "00")));
        Semaphore changes = new Semaphore(0);
        TestNode node = new TestNode("A", "10.0.0.1", directory, alone, TestCluster.AMPLE, changes::release);
        node.tunables("QUORUM_MODE=majority");
        node.kitWait(Duration.ofHours(1));
        node.start();
        try {
            node.runtime().kitRemoved(node.kit());
            node.runtime().kitAdded(node.kit());
            FakeSafety control = new FakeSafety();
            node.runtime().attach(control);
            control.tell(new SafetyNews.Configured(QuorumSettings.DEFAULT, Set.of()));
            while (!TestCluster.available(node)) {
                assertThat(changes.tryAcquire(30, TimeUnit.SECONDS))
                        .as("it begins as soon as the safety settings are known")
                        .isTrue();
            }
            assertThat(node.create("vip").message()).doesNotContain("not installed");
            assertThat(node.state("vip")).isEqualTo(InstanceState.ISP);
            assertThat(node.runs("vip")).isTrue();
        } finally {
            node.kill();
        }
    }
}
