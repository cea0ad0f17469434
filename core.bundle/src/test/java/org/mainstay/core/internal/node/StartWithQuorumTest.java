package org.mainstay.core.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.GuardControl.LeaseSettings;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;

/** Where the tunables want a quorum, the manager begins when it knows which, and neither earlier nor later. */
class StartWithQuorumTest {
    @TempDir
    Path directory;

    @Test
    void itBeginsAsSoonAsTheQuorumIsKnown() throws Exception {
        Membership alone = new Membership(1, List.of(new Member("A", "10.0.0.1", 1500, "00")));
        Semaphore changes = new Semaphore(0);
        TestNode node = new TestNode("A", "10.0.0.1", directory, alone, TestCluster.AMPLE, changes::release);
        node.tunables("QUORUM_MODE=majority");
        node.kitWait(Duration.ofHours(1));
        node.start();
        try {
            assertThat(node.guard().leases()).isEmpty();
            node.runtime().attach(new FakeSafety(FakeSafety.majority()));
            while (node.guard().leases().isEmpty()) {
                assertThat(changes.tryAcquire(20, TimeUnit.SECONDS))
                        .as("the manager begins long before the wait for kits is over")
                        .isTrue();
            }
            assertThat(node.guard().leases().get(0).mode()).isEqualTo(LeaseSettings.Mode.MAJORITY);
        } finally {
            node.kill();
        }
    }
}
