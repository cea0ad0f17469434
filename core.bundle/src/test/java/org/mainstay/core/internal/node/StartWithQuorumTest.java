package org.mainstay.core.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
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

    private final Semaphore news = new Semaphore(0);

    private TestNode waiting() throws Exception {
        Membership alone = new Membership(1, List.of(new Member("A", "10.0.0.1", 1500, "00")));
        TestNode node = new TestNode("A", "10.0.0.1", directory, alone, TestCluster.AMPLE, news::release);
        node.kitWait(Duration.ofHours(1));
        return node;
    }

    /** What cannot be read is not QUORUM_MODE=none: what the others count on would be forgotten. */
    @Test
    void tunablesThatCannotBeReadAreNoLeaveToBegin() throws Exception {
        TestNode node = waiting();
        Path tunables = directory.resolve("etc/default/LifeKeeper");
        Files.delete(tunables);
        Files.createDirectory(tunables);
        node.start();
        try {
            assertThat(node.runtime().startIfReady()).isFalse();
            Files.delete(tunables);
            node.tunables("QUORUM_MODE=none");
            assertThat(node.runtime().startIfReady()).isTrue();
        } finally {
            node.kill();
        }
    }

    /** The file says none, and a lease was in effect until now, or nobody can tell: quorum.bundle knows whether it may be left. */
    @Test
    void whereALeaseWasInEffectQuorumBundleIsWaitedFor() throws Exception {
        TestNode node = waiting();
        Path last = directory.resolve("data/quorum/settings");
        Files.createDirectories(last);
        node.start();
        try {
            assertThat(node.runtime().startIfReady()).as("cannot be read").isFalse();
            Files.delete(last);
            Files.write(last, new byte[64]);
            assertThat(node.runtime().startIfReady()).as("zeroes").isFalse();
            Files.writeString(last, "QUORUM_MODE=majority\n");
            assertThat(node.runtime().startIfReady()).as("a lease").isFalse();
            Files.writeString(last, "QUORUM_MODE=none\n");
            assertThat(node.runtime().startIfReady()).as("none").isTrue();
        } finally {
            node.kill();
        }
    }

    private void await(String what, Callable<Boolean> condition) throws Exception {
        for (int tries = 0; !condition.call(); tries++) {
            assertThat(tries).as("did not happen: " + what).isLessThan(600);
            if (news.tryAcquire(100, TimeUnit.MILLISECONDS)) {
                news.drainPermits();
            }
        }
    }

    /** Nobody says how a quorum is configured, the wait is over, and then the file can be read after all. */
    @Test
    void aLeaseThatWasOnlyAssumedIsGivenUpWhenTheFileSaysThatNoneIsNeeded() throws Exception {
        TestNode node = waiting();
        node.kitWait(Duration.ofMillis(10));
        Path tunables = directory.resolve("etc/default/LifeKeeper");
        Files.delete(tunables);
        Files.createDirectory(tunables);
        node.start();
        try {
            await("it has begun", () -> node.runtime().startIfReady());
            await("it says that nothing is started", () -> withoutRight(node));
            Files.delete(tunables);
            node.tunables("QUORUM_MODE=none");
            await("it needs no right any more", () -> TestCluster.available(node) && !withoutRight(node));
        } finally {
            node.kill();
        }
    }

    private static boolean withoutRight(TestNode node) {
        return node.snapshot().problems().stream().anyMatch(text -> text.contains("nothing is started on this server"));
    }
}
