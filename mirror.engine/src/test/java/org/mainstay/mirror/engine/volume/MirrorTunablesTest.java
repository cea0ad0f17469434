package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mainstay.mirror.engine.link.FrameType;

/** What tunables are shipped as, which values they take, and what they do to a mirror at work. */
class MirrorTunablesTest {
    // covers TUN-101 TUN-103 TUN-104 TUN-106 TUN-108 TUN-111 TUN-112 TUN-113 TUN-122 TUN-123
    @ParameterizedTest
    @CsvSource({
        "BandwidthThrottle,0",
        "BitmapBytesPerBlock,65536",
        "BlockWritesOnLimitReached,0",
        "CompressionLevel,0",
        "MaxResyncPasses,200",
        "ResyncBlockWritesTimeoutMs,15000",
        "ResyncLowWater,150",
        "ResyncReads,20",
        "WriteQueueByteLimitMB,0",
        "WriteQueueHighWater,20000"
    })
    void areShippedAsIsRequired(String name, long value) {
        assertThat(MirrorSettings.SHIPPED.get(name)).isEqualTo(value);
        assertThatThrownBy(() -> MirrorSettings.SHIPPED.with(name, -1)).hasMessageContaining(name + " is 0 to ");
        assertThatThrownBy(() -> MirrorSettings.SHIPPED.with(name, 1L << 32)).hasMessageContaining(name + " is 0 to ");
    }

    // covers TUN-104 TUN-106 MIR-225
    @Test
    void whatIsOutsideItsRangeIsRefused() {
        assertThat(MirrorSettings.SHIPPED.with("CompressionLevel", 9).get("CompressionLevel"))
                .isEqualTo(9);
        assertThatThrownBy(() -> MirrorSettings.SHIPPED.with("CompressionLevel", 10))
                .hasMessageContaining("CompressionLevel is 0 to 9, not 10");
        assertThatThrownBy(() -> MirrorSettings.SHIPPED.with("BlockWritesOnLimitReached", 2))
                .hasMessageContaining("BlockWritesOnLimitReached is 0 to 1, not 2");
        assertThatThrownBy(() -> MirrorSettings.SHIPPED.with("Speed", 2)).hasMessageContaining("there is no setting");
    }

    // covers MIR-145
    @ParameterizedTest
    @CsvSource({"20,0,1,false", "20,0,2,true", "20,20,0,true", "21,20,0,false", "20,0,0,true", "0,0,0,false"})
    void blocksOfAResynchronisationFitIntoTheQueue(long reads, long writes, long megabytes, boolean taken) {
        Map<String, Long> values =
                Map.of("ResyncReads", reads, "WriteQueueHighWater", writes, "WriteQueueByteLimitMB", megabytes);
        if (taken) {
            assertThat(new MirrorSettings(values).get("ResyncReads")).isEqualTo(reads);
        } else {
            assertThatThrownBy(() -> new MirrorSettings(values)).hasMessageContaining("ResyncReads is at least 1");
        }
    }

    // covers TUN-101 TUN-106 MIR-226
    @Test
    void bandwidthAndCompressionReachTheConnectionThatIsThereAndTheNextOne() throws Exception {
        SimPair pair = new SimPair(MirrorType.SYNC, Map.of()).start().inStep();
        SimLink link = (SimLink) pair.mirror().queue().link();
        assertThat(link.shaped).isEqualTo("0 kbit/s, level 0");
        pair.set("BandwidthThrottle", 2000);
        pair.set("CompressionLevel", 4);
        assertThat(link.shaped).isEqualTo("2000 kbit/s, level 4");
        assertThat(pair.mirror().queue().link())
                .as("without another connection")
                .isSameAs(link);
        assertThat(pair.events).isEmpty();
        pair.a.volume.pause("B");
        pair.a.volume.resume("B");
        pair.inStep();
        assertThat(((SimLink) pair.mirror().queue().link()).shaped).isEqualTo("2000 kbit/s, level 4");
    }

    // covers MIR-140 MIR-141 MIR-146 TUN-122 TUN-123
    @ParameterizedTest
    @CsvSource({"20,0,20", "20,1,20", "0,1,256", "1000,1,256"})
    void theLimitThatIsReachedFirstPausesAMirrorAtWork(long writes, long megabytes, int expected) throws Exception {
        SimPair pair = new SimPair(MirrorType.ASYNC, Map.of("ResyncReads", 4L, "MaxPingMisses", 40L));
        pair.start().inStep();
        pair.set("WriteQueueHighWater", writes);
        pair.set("WriteQueueByteLimitMB", megabytes);
        // What the target has is not known, so that nothing leaves the queue.
        pair.world.lost = type -> type == FrameType.ACK;
        for (int i = 0; i < expected; i++) {
            pair.written(i);
        }
        assertThat(pair.mirror().queue().writes()).isEqualTo(expected);
        assertThat(pair.events).as("it is full, and not more").isEmpty();
        pair.written(expected);
        assertThat(pair.events).containsExactly("state v B 4 QUEUE_LIMIT");
    }

    // covers MIR-141 TUN-122 TUN-123
    @Test
    void withoutLimitsNothingIsPaused() throws Exception {
        SimPair pair = new SimPair(MirrorType.ASYNC, Map.of("WriteQueueHighWater", 0L, "MaxPingMisses", 40L));
        pair.start().inStep();
        pair.world.lost = type -> type == FrameType.ACK;
        for (int i = 0; i < 600; i++) {
            pair.written(i);
        }
        assertThat(pair.mirror().queue().writes()).isEqualTo(600);
        assertThat(pair.events).isEmpty();
    }

    /** A larger grain marks more at once; one below a block is a block. */
    // covers TUN-103 MIR-075
    @ParameterizedTest
    @CsvSource({"1,5,6", "65536,5,6", "262144,4,8"})
    void aChangeMarksAllOfItsGrain(long grain, int first, int end) throws Exception {
        SimPair pair = new SimPair(MirrorType.SYNC, Map.of()).start().inStep();
        pair.set("BitmapBytesPerBlock", grain);
        pair.written(5 * IntentLog.BLOCK / SimClient.CELL);
        assertThat(pair.mirror().log().marked().all(first, end)).isTrue();
        assertThat(pair.mirror().log().count()).isEqualTo(end - first);
    }

    // covers MIR-154
    @ParameterizedTest
    @CsvSource({"4,240", "20,1200"})
    void aTargetIsLostWhenItMissedSoManyPings(long misses, long millis) throws Exception {
        SimPair pair = new SimPair(MirrorType.ASYNC, Map.of("MaxPingMisses", misses)).start();
        pair.inStep();
        long since = pair.world.now();
        pair.part();
        pair.until(MirrorState.PAUSED);
        assertThat((pair.world.now() - since) / 1_000_000).isBetween(millis - 100, millis + 200);
        assertThat(pair.events).containsExactly("state v B 4 CONNECTION");
    }

    // covers TUN-113 MIR-164
    @ParameterizedTest
    @CsvSource({"1", "2", "6"})
    void noMoreBlocksAreOnTheirWayThanMayBe(int reads) throws Exception {
        SimPair pair = new SimPair(MirrorType.SYNC, Map.of("ResyncReads", (long) reads, "ResyncCompare", 0L));
        pair.world.perFrame = 20_000_000;
        pair.start();
        int[] most = new int[1];
        pair.until(() -> {
            most[0] = Math.max(most[0], pair.mirror().queue().blocks());
            return pair.mirror().state() == MirrorState.MIRRORING;
        });
        assertThat(most[0]).isEqualTo(reads);
    }

    /** A tenth of 50 are 5. */
    // covers MIR-126 MIR-168 MIR-169 TUN-108 TUN-112
    @Test
    void writesAreDelayedOnlyAfterATenthOfThePasses() throws Exception {
        SimPair pair = new SimPair(
                MirrorType.SYNC,
                Map.of("MaxResyncPasses", 50L, "ResyncLowWater", 150L, "ResyncBlockWritesTimeoutMs", 60_000L));
        pair.world.perFrame = 3_000_000;
        pair.start();
        pair.until(MirrorState.RESYNC);
        pair.until(() -> {
            pair.client.writeFree(pair.a.volume, 3);
            pair.client.writeFree(pair.a.volume, 300);
            assertThat(pair.mirror().state()).isEqualTo(MirrorState.RESYNC);
            return pair.a.volume.path().isClosed(WritePath.Gate.DELAY);
        });
        assertThat(pair.mirror().resync().pass()).isEqualTo(6);
        SimClient.Request held = pair.client.write(pair.a.volume, 100, false);
        pair.world.runNanos(500_000);
        assertThat(held.result).as("it waits for the end").isEqualTo(-1);
        pair.inStep();
        assertThat(held.result).isZero();
    }
}
