package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.link.FrameType;

/** Changes of a mirror's state by command, from each state, and what the limits of chapter 16 do (failure matrix). */
class MirrorStatesTest {
    private static final int BLOCKS = SimPair.BLOCKS;
    private static final int SIZE = SimPair.SIZE;

    private final SimWorld world = new SimWorld(31);
    private SimPair pair;
    private SimClient client;
    private SimNode a;
    private SimNode b;
    private List<String> events;
    private int blocks;

    private SimPair made(MirrorType type, Map<String, Long> changed) {
        pair = new SimPair(world, SIZE, SIZE, type, changed).filled();
        client = pair.client;
        a = pair.a;
        b = pair.b;
        events = pair.events;
        world.lost = frame -> {
            blocks += frame == FrameType.BLOCK ? 1 : 0;
            return false;
        };
        return pair;
    }

    private void pair(MirrorType type, Map<String, Long> changed) throws Exception {
        made(type, changed).start();
    }

    private Mirror mirror() {
        return pair.mirror();
    }

    private void until(BooleanSupplier condition) {
        pair.until(condition);
    }

    private void until(MirrorState state) {
        pair.until(state);
    }

    private void equal() {
        until(() -> mirror().state() == MirrorState.MIRRORING && client.outstanding == 0);
        world.run(200);
        assertThat(Arrays.mismatch(a.disk.seen, b.disk.seen)).isNegative();
    }

    /** Brings the mirror into a state and lets it be there for a while. */
    private void reach(MirrorState state) throws Exception {
        world.perFrame = 20_000_000;
        pair(MirrorType.SYNC, Map.of());
        if (state == MirrorState.MIRRORING) {
            world.perFrame = 0;
        }
        if (state == MirrorState.PAUSED || state == MirrorState.BROKEN) {
            until(MirrorState.RESYNC);
            if (state == MirrorState.PAUSED) {
                a.volume.pause("B");
            } else {
                a.volume.breakMirror("B");
            }
        }
        until(state);
        events.clear();
    }

    /** T3. */
    // covers MIR-034 MIR-056
    @ParameterizedTest
    @EnumSource(names = {"MIRRORING", "RESYNC", "RESYNC_PENDING"})
    void pauseEndsWhatGoesOnAndLasts(MirrorState from) throws Exception {
        reach(from);
        a.volume.pause("B");
        assertThat(mirror().state()).isEqualTo(MirrorState.PAUSED);
        assertThat(mirror().cause()).isEqualTo(PauseCause.USER);
        world.perFrame = 0;
        client.write(a.volume, 3, false);
        world.run(5000);
        assertThat(client.outstanding).isZero();
        assertThat(events).containsExactly("state v B 4 USER");
        assertThat(mirror().dirty().get(0)).as("changes are tracked").isTrue();
        a.volume.resume("B");
        equal();
    }

    /** T4. */
    // covers MIR-033 MIR-038 MIR-060 MIR-103 MIR-127
    @ParameterizedTest
    @EnumSource(names = {"MIRRORING", "RESYNC", "PAUSED", "RESYNC_PENDING"})
    void breakEndsTracking(MirrorState from) throws Exception {
        reach(from);
        a.volume.breakMirror("B");
        assertThat(mirror().state()).isEqualTo(MirrorState.BROKEN);
        assertThat(mirror().dirty().count()).as("all bits are dirty").isEqualTo(BLOCKS);
        world.perFrame = 0;
        client.write(a.volume, 3, false);
        world.run(5000);
        assertThat(client.outstanding).isZero();
        assertThat(mirror().state()).isEqualTo(MirrorState.BROKEN);
        assertThatThrownBy(() -> a.volume.pause("B")).hasMessageContaining("is broken");
        a.volume.resume("B");
        equal();
        assertThat(world.trace).contains("mirror v to B: FULL");
    }

    /** T7. */
    // covers MIR-032 MIR-037
    @ParameterizedTest
    @EnumSource(names = {"MIRRORING", "BROKEN", "PAUSED", "RESYNC_PENDING"})
    void resyncSendsEverything(MirrorState from) throws Exception {
        reach(from);
        a.volume.resync("B");
        world.perFrame = 0;
        world.trace.setLength(0);
        until(MirrorState.RESYNC);
        assertThat(world.trace).contains("mirror v to B: FULL");
        equal();
    }

    private void write(int count) {
        for (int i = 0; i < count; i++) {
            client.writeFree(a.volume, i * 7 % (SIZE / SimClient.CELL));
        }
    }

    /** Limit reached, no delay asked for: paused, and back by itself. */
    // covers MIR-184 MIR-053 MIR-143 MIR-152 TUN-104
    @Test
    void aQueueThatIsFullPausesTheMirror() throws Exception {
        pair(MirrorType.ASYNC, Map.of("WriteQueueHighWater", 20L, "ResyncReads", 4L, "BlockWritesOnLimitReached", 0L));
        equal();
        world.perFrame = 5_000_000;
        events.clear();
        write(60);
        world.run(100);
        assertThat(client.outstanding).as("no write is delayed").isZero();
        assertThat(events).first().isEqualTo("state v B 4 QUEUE_LIMIT");
        world.perFrame = 0;
        equal();
        assertThat(world.trace.substring(world.trace.lastIndexOf("mirror v to B: ")))
                .startsWith("mirror v to B: PARTIAL");
    }

    // covers MIR-185 MIR-054 MIR-144 TUN-104
    @Test
    void aQueueThatIsFullDelaysWritesWhereThatIsAskedFor() throws Exception {
        pair(MirrorType.ASYNC, Map.of("WriteQueueHighWater", 20L, "ResyncReads", 4L, "BlockWritesOnLimitReached", 1L));
        equal();
        world.perFrame = 5_000_000;
        events.clear();
        write(60);
        world.run(40);
        assertThat(client.outstanding).as("writes wait").isPositive();
        until(() -> {
            assertThat(mirror().queue().writes()).isLessThanOrEqualTo(20);
            return client.outstanding == 0;
        });
        equal();
        assertThat(events).as("it stays in step").isEmpty();
    }

    // covers MIR-190 MIR-082 MIR-103
    @Test
    void withoutALogEverythingIsSentAfterACrash() throws Exception {
        made(MirrorType.SYNC, Map.of("ResyncCompare", 0L));
        a.logs = false;
        b.logs = false;
        pair.start();
        equal();
        a.crash(false);
        world.run(1000);
        world.trace.setLength(0);
        blocks = 0;
        a.start();
        a.volume.startSource(2, Trust.OWN);
        equal();
        assertThat(world.trace).contains("mirror v to B: FULL");
        assertThat(blocks * 4).isGreaterThanOrEqualTo(BLOCKS);
    }

    /** It could not be recorded that the target is not current, and that is to fail writes. */
    // covers MIR-191 MIR-119
    @Test
    void writesFailWhereItMustBeRecordedAndCannot() throws Exception {
        pair(MirrorType.SYNC, Map.of("CurrencyRecordTimeoutMs", 600L, "BlockWritesOnNDLGTimeoutReached", 1L));
        equal();
        world.partitioned = true;
        SimClient.Request write = client.write(a.volume, 3, false);
        world.run(500);
        assertThat(write.result).as("it waits for the record").isEqualTo(-1);
        until(() -> write.result >= 0);
        assertThat(write.result).isEqualTo(BlockRequest.EIO);
        assertThat(events).contains("locked v B").anyMatch(event -> event.startsWith("record-needed v B "));
        SimClient.Request later = client.write(a.volume, 40, false);
        world.run(100);
        assertThat(later.result).as("the volume is locked").isEqualTo(BlockRequest.EIO);
        assertThat(a.volume.state().peer("B").mayBeCurrent()).isTrue();
    }

    // covers MIR-192 MIR-058 MIR-167 TUN-108
    @Test
    void passesThatDoNotSufficeSuspendTheResynchronisation() throws Exception {
        world.perFrame = 3_000_000;
        pair(MirrorType.SYNC, Map.of("MaxResyncPasses", 1L, "ResyncLowWater", 0L, "ResyncSuspendMs", 700L));
        until(MirrorState.RESYNC);
        until(() -> {
            client.writeFree(a.volume, 3);
            return mirror().cause() == PauseCause.RESYNC_LIMIT;
        });
        assertThat(mirror().detail()).contains("1 passes did not suffice");
        until(() -> client.outstanding == 0);
        world.perFrame = 0;
        events.clear();
        world.run(500);
        assertThat(events).as("it is suspended").isEmpty();
        equal();
    }

    // covers MIR-193 MIR-059 MIR-170 MIR-171 TUN-111
    @Test
    void writesThatWereDelayedTooLongGoOnAndTheMirrorIsPaused() throws Exception {
        world.perFrame = 3_000_000;
        pair(
                MirrorType.SYNC,
                Map.of(
                        "MaxResyncPasses", 15L,
                        "ResyncLowWater", 1000L,
                        "ResyncBlockWritesTimeoutMs", 30L,
                        "ResyncSuspendMs", 700L));
        until(MirrorState.RESYNC);
        boolean[] delayed = new boolean[1];
        until(() -> {
            client.writeFree(a.volume, 3);
            client.writeFree(a.volume, 300);
            if (a.volume.path().isClosed(WritePath.Gate.DELAY)) {
                delayed[0] = true;
                // The target takes nothing more.
                world.perFrame = 100_000_000;
            }
            return mirror().cause() == PauseCause.RESYNC_LIMIT;
        });
        assertThat(delayed[0]).isTrue();
        assertThat(mirror().detail()).contains("writes were delayed as long as they may be");
        until(() -> client.outstanding == 0);
        assertThat(client.failed).isZero();
        world.perFrame = 0;
        equal();
    }

    // covers MIR-301 MIR-038 MIR-231
    @Test
    void anotherAddressCostsAPartialResynchronisation() throws Exception {
        pair(MirrorType.SYNC, Map.of());
        equal();
        client.write(a.volume, 3, true);
        world.run(200);
        events.clear();
        blocks = 0;
        a.volume.address("B", "elsewhere");
        assertThat(events).containsExactly("state v B 4 CONNECTION");
        client.write(a.volume, 100, false);
        equal();
        assertThat(a.volume.address("B")).isEqualTo("elsewhere");
        assertThat(world.trace.substring(world.trace.lastIndexOf("mirror v to B: ")))
                .startsWith("mirror v to B: PARTIAL");
        assertThat(blocks).isLessThan(BLOCKS / 4);
    }

    // covers MIR-182 MIR-052 MIR-116 MIR-251
    @Test
    void aTargetThatCannotWriteIsPausedAndComesBack() throws Exception {
        pair(MirrorType.SYNC, Map.of());
        equal();
        b.disk.failing = true;
        client.write(a.volume, 3, false);
        until(() -> mirror().cause() == PauseCause.TARGET_ERROR);
        until(() -> client.outstanding == 0);
        assertThat(client.failed).as("the application does not see it").isZero();
        assertThat(b.volume.target().inStep()).isFalse();
        b.disk.failing = false;
        equal();
        assertThat(world.trace.substring(world.trace.lastIndexOf("mirror v to B: ")))
                .startsWith("mirror v to B: PARTIAL");
    }

    private Object shown(String counter) {
        return a.volume.status().mirrors().get(0).get(counter);
    }

    // covers PERF-023
    @Test
    void whatWasLostAndCameBackIsCounted() throws Exception {
        pair(MirrorType.SYNC, Map.of());
        until(MirrorState.MIRRORING);
        assertThat(shown("reconnects")).isEqualTo(0L);
        a.volume.pause("B");
        a.volume.resume("B");
        until(MirrorState.MIRRORING);
        assertThat(shown("reconnects")).as("nothing was lost").isEqualTo(0L);
        for (long times = 1; times <= 3; times++) {
            world.partitioned = true;
            until(() -> mirror().cause() == PauseCause.CONNECTION);
            // As often as it takes: what does not come to be is no reconnect.
            world.run(500);
            assertThat(shown("reconnects")).isEqualTo(times - 1);
            world.partitioned = false;
            until(MirrorState.MIRRORING);
            assertThat(shown("reconnects")).isEqualTo(times);
        }
    }

    // covers PERF-030 PERF-034 PERF-035 PERF-040 PERF-047
    @Test
    void limitsAndThePhaseAreShown() throws Exception {
        pair(MirrorType.SYNC, Map.of("WriteQueueByteLimitMB", 7L, "WriteQueueHighWater", 300L, "ResyncReads", 4L));
        Set<Object> phases = new TreeSet<>();
        until(() -> phases.add(shown("resyncPhase")) && false || mirror().state() == MirrorState.MIRRORING);
        phases.add(shown("resyncPhase"));
        assertThat(phases).contains(0, 2, 3);
        assertThat(shown("queueByteLimit")).isEqualTo(7L << 20);
        assertThat(shown("queueHighWater")).isEqualTo(300L);
        assertThat(shown("queueLowWater")).isEqualTo(150L);
        assertThat(shown("resyncReads")).isEqualTo(4L);
        a.volume.settings("B", mirror().settings().with("ResyncReads", 9));
        assertThat(shown("resyncReads")).isEqualTo(9L);
    }

    /** It is asked each second, perhaps for days. */
    @Test
    void whyATargetRefusesIsSaidOnce() throws Exception {
        pair(MirrorType.SYNC, Map.of());
        until(MirrorState.MIRRORING);
        b.volume.stop(0, behind -> {});
        until(() -> mirror().cause() == PauseCause.REFUSED);
        world.run(1000);
        world.trace.setLength(0);
        world.run(3000);
        assertThat(mirror().detail()).contains("no role");
        assertThat(world.trace.toString()).doesNotContain("paused: the target refuses");
    }
}
