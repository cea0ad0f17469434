package org.mainstay.core.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.QuorumSettings;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.SafetyControl.SafetyNews;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.core.internal.guard.GuardAwait;
import org.mainstay.core.internal.run.FakeKit;

/** Kits that come and go at the wrong moment: nothing of what they protect suffers (I8). */
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

    private void upgradedWhileItIsAsked(FakeKit kit, TestNode node, Semaphore asked) throws Exception {
        assertThat(asked.tryAcquire(30, TimeUnit.SECONDS))
                .as("the kit is asked")
                .isTrue();
        kit.onLook(null);
        node.runtime().kitRemoved(kit);
        node.runtime().kitAdded(kit);
    }

    /** Stands still until the call is interrupted. */
    private static Runnable still(Semaphore asked) {
        return () -> {
            asked.release();
            try {
                new Semaphore(0).acquire();
            } catch (InterruptedException e) {
                throw new IllegalStateException("cut off", e);
            }
        };
    }

    private TestNode alone(Semaphore changes) throws Exception {
        Membership alone = new Membership(1, List.of(new Member("A", "10.0.0.1", 1500, "00")));
        TestNode node = new TestNode("A", "10.0.0.1", directory, alone, TestCluster.AMPLE, changes::release);
        node.start();
        available(node, changes);
        assertThat(node.create("vip").exitCode()).isZero();
        return node;
    }

    private static void available(TestNode node, Semaphore changes) throws InterruptedException {
        while (!TestCluster.available(node)) {
            assertThat(changes.tryAcquire(30, TimeUnit.SECONDS)).as("it begins").isTrue();
        }
    }

    @Test
    void aRestoreOutlivesAnUpgradeWhileItsKillHandlesAreAskedFor() throws Exception {
        TestNode node = alone(new Semaphore(0));
        try {
            assertThat(node.submit(new Request.TakeOutOfService("vip", false, false, false))
                            .exitCode())
                    .isZero();
            Semaphore asked = new Semaphore(0);
            node.kit().onLook(still(asked));
            CompletableFuture<Reply> restored = node.submitLater(new Request.BringInService("vip", false, true, false));
            upgradedWhileItIsAsked(node.kit(), node, asked);
            assertThat(restored.get(30, TimeUnit.SECONDS).message()).contains("in service");
            assertThat(node.state("vip")).isEqualTo(InstanceState.ISP);
        } finally {
            node.kill();
        }
    }

    @Test
    void whatRunsIsAdoptedThoughItsKitIsUpgradedWhileItLooks() throws Exception {
        Semaphore changes = new Semaphore(0);
        TestNode node = alone(changes);
        try {
            node.kill();
            Semaphore asked = new Semaphore(0);
            node.kit().onLook(still(asked));
            node.kit().calls().clear();
            node.start();
            upgradedWhileItIsAsked(node.kit(), node, asked);
            available(node, changes);
            // Answered when what was found at the start is settled: it waits its turn.
            assertThat(node.submit(new Request.BringInService("vip", false, true, false))
                            .message())
                    .contains("in service");
            // Its kit was away for a moment: then nobody waits for the look, which comes as soon as it is back.
            GuardAwait.until(
                    "the new one looks", 30_000, () -> node.kit().calls().contains("probe vip"));
            assertThat(node.kit().calls()).doesNotContain("restore vip", "remove vip");
        } finally {
            node.kill();
        }
    }
}
