package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A source whose disk fails: a target that is good stays good, and can take over. */
class LocalFaultTest {
    private static final int SIZE = 8 * IntentLog.BLOCK;

    private final SimPair pair = new SimPair(new SimWorld(5), SIZE, MirrorType.SYNC);
    private final SimWorld world = pair.world;
    private final SimNode a = pair.a;
    private final SimNode b = pair.b;
    private final SimClient client = pair.client;

    @BeforeEach
    void start() throws Exception {
        pair.start();
        until(MirrorState.MIRRORING);
    }

    private MirrorState state() {
        return a.volume.mirror("B").state();
    }

    private void until(MirrorState wanted) {
        for (int i = 0; i < 5000 && state() != wanted; i++) {
            world.run(1);
        }
        assertThat(state()).isEqualTo(wanted);
    }

    private SimClient.Request write(int cell) {
        SimClient.Request request = client.write(a.volume, cell, false);
        world.run(300);
        return request;
    }

    /** The connection is lost and comes back. */
    private void renewLink() {
        world.partitioned = true;
        for (int i = 0; i < 5000 && state() == MirrorState.MIRRORING; i++) {
            world.run(1);
        }
        client.write(a.volume, 3, false);
        world.run(1000);
        pair.heal();
    }

    // covers MIR-300
    @Test
    void aWriteThatFailsHereLeavesTheTargetInStep() throws Exception {
        assertThat(write(3).result).isZero();
        a.events = line -> assertThat(line).as("nothing happens to the mirror").doesNotStartWith("state");
        a.disk.failing = true;
        assertThat(write(3).result).isPositive();
        assertThat(write(40).result).isPositive();
        world.run(2000);
        assertThat(state()).isEqualTo(MirrorState.MIRRORING);
        boolean[] stopped = new boolean[1];
        a.volume.stop(300, behind -> stopped[0] = true);
        for (int i = 0; i < 300 && !stopped[0]; i++) {
            world.run(1);
        }
        assertThat(stopped[0]).isTrue();
        b.volume.startSource(2, Trust.OWN);
        client.adopt(b.disk.seen, true, "switchover to B");
    }

    @Test
    void whatFailedIsSentOnceItCanBeReadInTheOrderOfWrites() throws Exception {
        a.disk.unreadable = offset -> offset < IntentLog.BLOCK;
        a.disk.failing = true;
        assertThat(write(3).result).isPositive();
        assertThat(write(20).result).isPositive();
        a.disk.failing = false;
        world.run(1000);
        assertThat(b.disk.seen).isNotEqualTo(a.disk.seen);
        a.disk.unreadable = offset -> false;
        for (int i = 0; i < 20; i++) {
            client.write(a.volume, i, false);
            world.run(3);
        }
        world.run(2000);
        assertThat(client.outstanding).isZero();
        assertThat(state()).isEqualTo(MirrorState.MIRRORING);
        assertThat(b.disk.seen).isEqualTo(a.disk.seen);
        world.run(5000);
        assertThat(a.volume.mirror("B").log().count()).as("marks go").isZero();
    }

    /** One that cannot be read keeps no other from being sent, and no more are on their way than blocks of a resynchronisation may be. */
    @Test
    void whatCanBeReadIsSentInTurn() throws Exception {
        a.disk.unreadable = offset -> offset < IntentLog.BLOCK;
        a.disk.failing = true;
        for (int block = 0; block < 8; block++) {
            assertThat(write(block * 16 + 3).result).isPositive();
        }
        a.disk.failing = false;
        assertThat(java.util.Arrays.mismatch(b.disk.seen, a.disk.seen)).isGreaterThanOrEqualTo(0);
        a.volume.settings("B", a.volume.mirror("B").settings().with("ResyncReads", 2));
        world.perFrame = 30_000_000;
        for (int i = 0; i < 4000; i++) {
            world.run(1);
            assertThat(a.volume.mirror("B").queue().blocks()).isLessThanOrEqualTo(2);
        }
        assertThat(java.util.Arrays.mismatch(b.disk.seen, IntentLog.BLOCK, SIZE, a.disk.seen, IntentLog.BLOCK, SIZE))
                .as("all but the first")
                .isNegative();
        assertThat(a.volume.mirror("B").faults().blocks().count()).isOne();
        assertThat(state()).isEqualTo(MirrorState.MIRRORING);
    }

    /** Who has the memory may wait for the block. */
    @Test
    @Timeout(60)
    void whileThereIsNoMemoryChangesOfTheBlockDoNotWait() {
        a.disk.unreadable = offset -> offset < IntentLog.BLOCK;
        a.disk.failing = true;
        assertThat(write(3).result).isPositive();
        a.disk.failing = false;
        java.util.ArrayDeque<java.nio.ByteBuffer> all = new java.util.ArrayDeque<>();
        for (int size = 32 << 20; size >= 4096; size /= 2) {
            for (java.nio.ByteBuffer one = a.buffers().tryTake(size);
                    one != null;
                    one = a.buffers().tryTake(size)) {
                all.add(one);
            }
        }
        world.run(500);
        assertThat(write(3).result).isZero();
        all.forEach(a.buffers()::give);
        a.disk.unreadable = offset -> false;
        world.run(2000);
        assertThat(b.disk.seen).isEqualTo(a.disk.seen);
    }

    @Test
    void aBlockThatCannotBeReadDoesNotMakeTheTargetsDataAMixture() throws Exception {
        a.disk.unreadable = offset -> offset < IntentLog.BLOCK;
        renewLink();
        for (int i = 0; i < 100; i++) {
            world.run(30);
            assertThat(b.volume.state().consistent()).isTrue();
        }
        for (int i = 0; i < 1000 && a.volume.mirror("B").cause() != PauseCause.LOCAL_ERROR; i++) {
            world.run(1);
        }
        assertThat(a.volume.mirror("B").cause()).isEqualTo(PauseCause.LOCAL_ERROR);
        assertThat(a.volume.mirror("B").detail()).contains("block 0 cannot be read");
        a.disk.unreadable = offset -> false;
        until(MirrorState.MIRRORING);
        assertThat(b.disk.seen).isEqualTo(a.disk.seen);
    }

    @Test
    void aSourceThatMayHaveLostDataSendsNoneOverGoodData() throws Exception {
        assertThat(write(3).result).isZero();
        a.disk.losing = true;
        SimClient.Request flush = client.flush(a.volume);
        world.run(300);
        assertThat(flush.result).isPositive();
        assertThat(state()).isEqualTo(MirrorState.MIRRORING);
        assertThatThrownBy(() -> a.volume.resize(0))
                .as("it would connect the only good target anew")
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("the disk of v has failed here");
        a.disk.losing = false;
        renewLink();
        world.run(3000);
        assertThat(b.volume.state().consistent()).isTrue();
        assertThat(a.volume.mirror("B").detail()).contains("a flush of this side's disk failed");
        boolean[] stopped = new boolean[1];
        a.volume.stop(0, behind -> stopped[0] = true);
        world.run(2000);
        assertThatThrownBy(() -> a.volume.startSource(2, Trust.OWN))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("a flush of v failed here");
        a.volume.startSource(2, Trust.FORCED);
        until(MirrorState.MIRRORING);
    }

    /** What it lost reads without error, and is marked: it would be sent over the only good copy. */
    @Test
    void anEngineThatIsStartedAgainKnowsOfTheFailedFlush() throws Exception {
        assertThat(write(3).result).isZero();
        a.disk.losing = true;
        assertThat(client.flush(a.volume)).satisfies(flush -> {
            world.run(300);
            assertThat(flush.result).isPositive();
        });
        a.disk.losing = false;
        a.crash(false);
        a.start();
        assertThatThrownBy(() -> a.volume.startSource(1, Trust.OWN))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("a flush of v failed here");
        b.volume.startSource(2, Trust.RECORDED);
        client.adopt(b.disk.seen, true, "takeover by B");
        a.volume.startTarget(2, "B", false);
        for (int i = 0; i < 5000 && b.volume.mirror("A").state() != MirrorState.MIRRORING; i++) {
            world.run(1);
        }
        assertThat(b.volume.mirror("A").state()).isEqualTo(MirrorState.MIRRORING);
        assertThat(a.volume.state().lost()).as("what it lost was sent").isFalse();
        assertThat(a.disk.seen).isEqualTo(b.disk.seen);
        b.volume.stop(300, behind -> {});
        world.run(1000);
        a.volume.startSource(3, Trust.RECORDED);
    }

    @Test
    void anOperatorsWordForASideWhoseFlushFailedIsKept() throws Exception {
        a.disk.losing = true;
        client.flush(a.volume);
        world.run(300);
        a.disk.losing = false;
        a.crash(false);
        a.start();
        a.volume.startSource(1, Trust.FORCED);
        a.crash(false);
        a.start();
        a.volume.startSource(1, Trust.OWN);
        assertThat(a.volume.serving()).isTrue();
    }

    @Test
    void aTargetWhoseFlushFailedComesBackWhenItsDiskIsRepaired() {
        assertThat(write(3).result).isZero();
        b.disk.losing = true;
        client.flush(a.volume);
        for (int i = 0; i < 5000 && state() == MirrorState.MIRRORING; i++) {
            world.run(1);
        }
        assertThat(a.volume.mirror("B").cause()).isEqualTo(PauseCause.TARGET_ERROR);
        world.run(1000);
        assertThat(state()).isNotEqualTo(MirrorState.MIRRORING);
        b.disk.losing = false;
        until(MirrorState.MIRRORING);
        assertThat(b.disk.seen).isEqualTo(a.disk.seen);
    }

    /** Its source is lost before it renews the target's disk. */
    @Test
    void aTargetWhoseFlushFailedIsStartedByForceOnceItsDiskWorks() throws Exception {
        assertThat(write(3).result).isZero();
        b.disk.losing = true;
        client.flush(a.volume);
        for (int i = 0; i < 5000 && state() == MirrorState.MIRRORING; i++) {
            world.runNanos(100_000);
        }
        a.crash(true);
        assertThatThrownBy(() -> b.volume.startSource(2, Trust.FORCED))
                .as("it does not work yet")
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("cannot be brought to stable storage");
        b.disk.losing = false;
        assertThatThrownBy(() -> b.volume.startSource(2, Trust.RECORDED)).isInstanceOf(RefusedException.class);
        b.volume.startSource(2, Trust.FORCED);
        SimClient.Request flush = client.flush(b.volume);
        world.run(2000);
        assertThat(flush.result).isZero();
    }

    /** It may be just why the operator switches over. */
    @Test
    void noBlockFollowsTheHandover() throws Exception {
        a.disk.unreadable = offset -> offset < IntentLog.BLOCK;
        a.disk.failing = true;
        assertThat(write(3).result).isPositive();
        a.disk.failing = false;
        assertThat(a.volume.mirror("B").faults().blocks().count()).isOne();
        // The answer to the handover is long on its way, and the block can be read meanwhile.
        world.perFrame = 100_000_000;
        a.volume.stop(2000, behind -> {});
        for (int i = 0; i < 1000 && !a.volume.path().refuses(); i++) {
            world.runNanos(100_000);
        }
        assertThat(a.volume.path().refuses()).isTrue();
        assertThat(a.volume.serving()).as("it waits for the answer").isTrue();
        a.disk.unreadable = offset -> false;
        world.perFrame = 0;
        a.volume.tick(false);
        for (int i = 0; i < 3000 && a.volume.serving(); i++) {
            world.run(1);
        }
        assertThat(a.volume.serving()).isFalse();
        b.volume.startSource(2, Trust.OWN);
        client.adopt(b.disk.seen, true, "switchover to B");
    }
}
