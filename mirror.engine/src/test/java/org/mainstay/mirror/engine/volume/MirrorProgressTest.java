package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mainstay.mirror.engine.link.FrameType;

/** What is told of a mirror's queue and of its resynchronisation while they go on. */
class MirrorProgressTest {
    /** Scripts and users know them. */
    // covers MIR-036
    @Test
    void statesHaveTheirNumbers() {
        assertThat(MirrorState.MIRRORING.code()).isEqualTo(1);
        assertThat(MirrorState.RESYNC.code()).isEqualTo(2);
        assertThat(MirrorState.BROKEN.code()).isEqualTo(3);
        assertThat(MirrorState.PAUSED.code()).isEqualTo(4);
        assertThat(MirrorState.RESYNC_PENDING.code()).isEqualTo(5);
    }

    // covers PERF-011 PERF-021 PERF-031 PERF-032 PERF-033 MIR-147
    @Test
    void theQueueIsToldWhereTheSourceIs() throws Exception {
        SimPair pair = new SimPair(MirrorType.ASYNC, Map.of()).start().inStep();
        assertThat(pair.b.volume.status().mirrors()).as("a target has none").isEmpty();
        assertThat(pair.a.volume.status().mirrors()).hasSize(1);
        assertThat(pair.counter("state")).isEqualTo(1);
        assertThat(pair.counter("queueLength")).isZero();
        assertThat(pair.counter("queueBytes")).isZero();
        assertThat(pair.counter("queueAgeMillis")).isZero();
        pair.world.lost = type -> type == FrameType.ACK;
        for (int i = 0; i < 10; i++) {
            pair.written(i);
        }
        assertThat(pair.counter("queueLength")).isEqualTo(10);
        assertThat(pair.counter("queueBytes")).isEqualTo(10 * SimClient.CELL);
        long age = pair.counter("queueAgeMillis");
        pair.world.run(500);
        assertThat(pair.counter("queueAgeMillis")).isEqualTo(age + 500);
        pair.until(MirrorState.PAUSED);
        assertThat(pair.counter("state")).isEqualTo(4);
        assertThat(pair.counter("queueLength")).isZero();
        assertThat(pair.counter("queueBytes")).isZero();
    }

    // covers PERF-041 PERF-042 PERF-043 PERF-044 PERF-045 PERF-046 MIR-163 MIR-051 MIR-162 MIR-166
    @Test
    void aResynchronisationIsToldWhileItRuns() throws Exception {
        SimPair pair = new SimPair(MirrorType.SYNC, Map.of("ResyncCompare", 0L, "ResyncReads", 4L));
        pair.world.perFrame = 150_000_000;
        pair.start();
        pair.until(MirrorState.RESYNC);
        assertThat(pair.counter("resyncTotalBlocks")).isEqualTo(SimPair.BLOCKS);
        assertThat(pair.counter("resyncPass")).isEqualTo(1);
        assertThat(pair.counter("resyncNewWrites")).isZero();
        long before = pair.counter("resyncDirtyBlocks");
        assertThat(before).isBetween(SimPair.BLOCKS / 2L, (long) SimPair.BLOCKS);
        pair.until(() -> pair.counter("resyncDirtyBlocks") < SimPair.BLOCKS / 2);
        assertThat(pair.counter("resyncCurrentBlock")).isBetween(SimPair.BLOCKS / 2L, (long) SimPair.BLOCKS);
        long left = pair.counter("resyncDirtyBlocks");
        pair.written(3);
        assertThat(pair.counter("resyncNewWrites")).isEqualTo(1);
        assertThat(pair.counter("resyncDirtyBlocks")).isEqualTo(left + 1);
        pair.until(() -> pair.counter("resyncPass") == 2);
        assertThat(pair.counter("resyncSeconds")).as("it still runs").isPositive();
        pair.until(MirrorState.MIRRORING);
        long took = pair.counter("resyncSeconds");
        assertThat(took).isPositive();
        pair.world.run(10_000);
        assertThat(pair.counter("resyncSeconds")).as("of the last one").isEqualTo(took);
        assertThat(pair.counter("resyncDirtyBlocks")).isZero();
        assertThat(pair.counter("resyncCurrentBlock")).isZero();
        assertThat(pair.counter("resyncTotalBlocks")).isEqualTo(SimPair.BLOCKS);
    }
}
