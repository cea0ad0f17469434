package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mainstay.mirror.engine.link.FrameType;

/** When a request is answered and what goes to the target, by type and state of the mirror. */
class WritesByStateTest {
    private final Map<FrameType, Integer> frames = new EnumMap<>(FrameType.class);

    private SimPair pair(MirrorType type) throws Exception {
        SimPair pair = new SimPair(type, Map.of());
        pair.world.lost = frame -> {
            frames.merge(frame, 1, Integer::sum);
            return false;
        };
        return pair.start();
    }

    private int data() {
        return frames.getOrDefault(FrameType.WRITE, 0)
                + frames.getOrDefault(FrameType.ZERO, 0)
                + frames.getOrDefault(FrameType.BLOCK, 0);
    }

    private static boolean equal(SimPair pair) {
        return Arrays.equals(pair.a.disk.seen, pair.b.disk.seen);
    }

    // covers MIR-041 MIR-115 MIR-074 MIR-112
    @Test
    void aSynchronousWriteIsAnsweredWhenBothSidesHaveIt() throws Exception {
        SimPair pair = pair(MirrorType.SYNC).inStep();
        pair.part();
        SimClient.Request write = pair.client.write(pair.a.volume, 3, false);
        pair.world.run(100);
        assertThat(write.result).isEqualTo(-1);
        assertThat(pair.mirror().log().marked().get(0)).as("marked first").isTrue();
        assertThat(equal(pair)).as("this side has it already").isFalse();
        pair.heal();
        pair.until(() -> write.result >= 0);
        assertThat(write.result).isZero();
        assertThat(equal(pair)).isTrue();
        assertThat(pair.events).as("it was in step all the time").isEmpty();
    }

    // covers MIR-042 MIR-120 MIR-074 MIR-112
    @Test
    void anAsynchronousWriteIsAnsweredWhenTheSourceHasIt() throws Exception {
        SimPair pair = pair(MirrorType.ASYNC).inStep();
        pair.part();
        SimClient.Request write = pair.client.write(pair.a.volume, 3, false);
        pair.world.run(100);
        assertThat(write.result).isZero();
        assertThat(pair.mirror().log().marked().get(0)).isTrue();
        assertThat(pair.mirror().queue().writes()).isEqualTo(1);
        assertThat(equal(pair)).isFalse();
        pair.heal();
        pair.until(() -> equal(pair) && pair.mirror().queue().isEmpty());
        assertThat(pair.events).isEmpty();
    }

    // covers MIR-006 MIR-110
    @Test
    void readsNeitherGoToTheTargetNorWaitForIt() throws Exception {
        SimPair pair = pair(MirrorType.SYNC).inStep();
        pair.part();
        SimClient.Request write = pair.client.write(pair.a.volume, 3, false);
        pair.world.run(50);
        frames.keySet().removeIf(type -> true);
        SnapshotClient.Request read = new SnapshotClient(pair.world, null).readAll(pair.a.volume, SimPair.SIZE);
        pair.world.run(10);
        assertThat(read.result).isZero();
        assertThat(write.result).isEqualTo(-1);
        assertThat(frames.keySet()).isSubsetOf(FrameType.PING, FrameType.PONG);
        pair.heal();
        pair.until(() -> write.result == 0);
    }

    // covers MIR-125 MIR-104
    @Test
    void duringAResynchronisationASynchronousMirrorsWritesDoNotWaitForTheTarget() throws Exception {
        SimPair pair = new SimPair(MirrorType.SYNC, Map.of());
        pair.world.perFrame = 100_000_000;
        pair.start();
        pair.until(MirrorState.RESYNC);
        int last = SimPair.SIZE - SimClient.CELL;
        SimClient.Request write = pair.client.write(pair.a.volume, last / SimClient.CELL, false);
        SnapshotClient.Request read = new SnapshotClient(pair.world, null).readAll(pair.a.volume, SimPair.SIZE);
        pair.world.run(50);
        assertThat(write.result).isZero();
        assertThat(read.result).isZero();
        assertThat(pair.mirror().state()).isEqualTo(MirrorState.RESYNC);
        assertThat(Arrays.mismatch(pair.a.disk.seen, last, SimPair.SIZE, pair.b.disk.seen, last, SimPair.SIZE))
                .as("the target does not have it yet")
                .isNotNegative();
        pair.world.perFrame = 0;
        pair.inStep();
    }

    // covers MIR-124 MIR-150 MIR-151 MIR-057
    @Test
    void whilePausedNothingIsSentAndAfterwardsWhatChanged() throws Exception {
        SimPair pair = pair(MirrorType.SYNC).inStep();
        pair.a.volume.pause("B");
        // A write of a source without its target waits for the window once.
        pair.written(3);
        frames.clear();
        pair.written(17 * 16);
        pair.world.run(1000);
        assertThat(data()).isZero();
        assertThat(pair.mirror().log().marked().get(0)).isTrue();
        assertThat(pair.mirror().log().marked().get(17)).isTrue();
        pair.a.volume.resume("B");
        pair.inStep();
        assertThat(data()).as("each block by itself").isBetween(1, 2);
    }
}
