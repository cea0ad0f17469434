package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.link.Frame;
import org.mainstay.mirror.engine.link.FrameType;
import org.mainstay.mirror.engine.link.Link;

/** An asynchronous mirror: changes wait for nobody, but what was flushed is never missing where a target takes over by its own right. */
class AsynchronousTest {
    private static final int SIZE = 8 * IntentLog.BLOCK;

    private final SimPair pair = new SimPair(new SimWorld(7), SIZE, MirrorType.ASYNC);
    private final SimWorld world = pair.world;
    private final SimNode a = pair.a;
    private final SimNode b = pair.b;
    private final SimClient client = pair.client;

    @BeforeEach
    void start() throws Exception {
        pair.start();
        world.run(500);
        assertThat(a.state()).isEqualTo(MirrorState.MIRRORING);
    }

    private void part() {
        world.partitioned = true;
        while (a.state() == MirrorState.MIRRORING) {
            world.run(1);
        }
    }

    private SimClient.Request write(int cell, boolean fua) {
        return client.write(a.volume, cell, fua);
    }

    private SimClient.Request flush() {
        return client.flush(a.volume);
    }

    private void waitsForTheWindow() {
        SimClient.Request forced = write(3, true);
        world.run(100);
        assertThat(forced.result).isEqualTo(-1);
        world.run(500);
        assertThat(forced.result).isZero();
    }

    @Test
    void aFlushWaitsForALostTargetUntilThatCannotCountAsCurrentWritesDoNot() {
        part();
        SimClient.Request write = write(3, false);
        world.run(20);
        assertThat(write.result).as("writes go on").isZero();
        SimClient.Request flush = flush();
        world.run(100);
        assertThat(flush.result).isEqualTo(-1);
        assertThat(write(4, false)).satisfies(later -> {
            world.run(20);
            assertThat(later.result).isZero();
        });
        world.run(500);
        assertThat(flush.result).as("after the window").isZero();
        SimClient.Request alone = flush();
        world.run(20);
        assertThat(alone.result).isZero();
    }

    /** A network that takes longer for what is queued than a target may be silent. */
    // covers MIR-122
    @Test
    void aTargetThatIsFarBehindAndGetsOnStaysInStep() {
        world.perFrame = 150_000_000;
        a.events = line -> assertThat(line).doesNotStartWith("state");
        for (int i = 0; i < 30; i++) {
            write(i, false);
        }
        world.run(200);
        SimClient.Request flush = flush();
        world.run(3_000);
        assertThat(flush.result).as("it waits for the target").isEqualTo(-1);
        world.run(4_000);
        assertThat(flush.result).isZero();
        assertThat(a.state()).isEqualTo(MirrorState.MIRRORING);
        assertThat(b.disk.seen).isEqualTo(a.disk.seen);
    }

    // covers MIR-183
    @Test
    void aTargetThatTakesNothingAnyMoreIsLost() {
        world.lost = type -> type == org.mainstay.mirror.engine.link.FrameType.ACK;
        write(3, false);
        world.run(900);
        assertThat(a.state()).isEqualTo(MirrorState.MIRRORING);
        world.run(1_000);
        assertThat(a.volume.mirror("B").detail()).contains("did not answer a write in time");
    }

    /** Its disk hangs in a flush; it answers pings, and writes. */
    @Test
    void aTargetThatDoesNotEndAFlushIsLost() {
        world.lost = type -> type == org.mainstay.mirror.engine.link.FrameType.DONE;
        SimClient.Request flush = flush();
        world.run(3_000);
        assertThat(flush.result).isEqualTo(-1);
        assertThat(a.state()).isEqualTo(MirrorState.MIRRORING);
        world.run(3_000);
        assertThat(flush.result).isZero();
        assertThat(a.state()).isNotEqualTo(MirrorState.MIRRORING);
    }

    @Test
    void aForcedWriteWaitsAsAFlushDoes() throws Exception {
        part();
        SimClient.Request forced = write(3, true);
        world.run(100);
        assertThat(forced.result).isEqualTo(-1);
        a.crash(false);
        b.volume.startSource(2, Trust.OWN);
        client.adopt(b.disk.seen, false, "takeover by B");
    }

    /** The target has not answered when it is lost, nor does it ever. */
    @Test
    void whatWasOnItsWayWhenTheTargetWasLostWaitsToo() throws Exception {
        world.partitioned = true;
        SimClient.Request forced = write(3, true);
        SimClient.Request flush = flush();
        part();
        world.run(100);
        assertThat(forced.result).isEqualTo(-1);
        assertThat(flush.result).isEqualTo(-1);
        a.crash(true);
        b.volume.startSource(2, Trust.OWN);
        client.adopt(b.disk.seen, false, "takeover by B");
    }

    // covers MIR-123 TUN-107
    @Test
    void aFlushDoesNotWaitIfItDoesNotMeanTheTarget() {
        MirrorSettings settings = a.volume.mirror("B").settings();
        a.volume.settings("B", settings.with("DontFlushAsyncQueue", 1));
        part();
        SimClient.Request forced = write(3, true);
        SimClient.Request flush = flush();
        world.run(20);
        assertThat(forced.result).isZero();
        assertThat(flush.result).isZero();
    }

    @Test
    void aSourceStartedAgainWithinTheWindowLetsFlushesWait() throws Exception {
        part();
        a.crash(false);
        a.start();
        client.adopt(a.disk.seen, true, "restart of A");
        a.volume.startSource(2, Trust.OWN);
        waitsForTheWindow();
    }

    @Test
    void aDeletedMirrorsTargetMayCountAsCurrentForTheWindow() {
        world.partitioned = true;
        a.volume.removeMirror("B");
        waitsForTheWindow();
    }

    @Test
    void aTargetThatTakesAConnectionDoesNotCountAsCurrent() {
        part();
        SimClient.Request flush = flush();
        world.run(20);
        assertThat(flush.result).isEqualTo(-1);
        pair.heal();
        world.run(80);
        assertThat(flush.result).isZero();
        world.run(1000);
        assertThat(a.state()).isEqualTo(MirrorState.MIRRORING);
        assertThat(Arrays.mismatch(a.disk.seen, b.disk.seen)).isNegative();
    }

    @Test
    void whatIsRecordedEndsTheWait() {
        MirrorSettings settings = a.volume.mirror("B").settings();
        a.volume.settings("B", settings.with("CurrencyRecordTimeoutMs", 5000));
        StringBuilder events = new StringBuilder();
        a.events = line -> events.append(line).append('\n');
        part();
        SimClient.Request flush = flush();
        world.run(1000);
        assertThat(flush.result).isEqualTo(-1);
        String number = a.volume.barrier().number(a.volume.mirror("B"));
        assertThat(events).contains("record-needed v B " + number);
        a.volume.recorded("B", Long.parseUnsignedLong(number, 16));
        assertThat(flush.result).isZero();
        assertThat(a.volume.barrier().number(a.volume.mirror("B"))).isEmpty();
    }

    /** Only a synchronous mirror locks its volume (MIR-119). */
    @Test
    void nothingFailsWhereItCannotBeRecorded() {
        MirrorSettings settings = a.volume.mirror("B").settings();
        a.volume.settings(
                "B", settings.with("CurrencyRecordTimeoutMs", 300).with("BlockWritesOnNDLGTimeoutReached", 1));
        part();
        waitsForTheWindow();
        SimClient.Request later = write(4, true);
        world.run(20);
        assertThat(later.result).isZero();
    }

    @Test
    void aStopFailsTheFlushesThatWait() {
        part();
        SimClient.Request forced = write(3, true);
        world.run(20);
        a.volume.stop(0, behind -> {});
        world.run(20);
        assertThat(forced.result).isEqualTo(BlockRequest.ESHUTDOWN);
    }

    @Test
    void aStopFailsTheFlushesThatWaitForADeletedMirrorsTarget() {
        world.partitioned = true;
        a.volume.removeMirror("B");
        SimClient.Request forced = write(3, true);
        world.run(20);
        a.volume.stop(0, behind -> {});
        world.run(20);
        assertThat(forced.result).isEqualTo(BlockRequest.ESHUTDOWN);
    }

    @Test
    void aSourceIsAheadOnceItsTargetCannotCountAsCurrent() {
        part();
        assertThat(a.volume.status().volume()).containsEntry("ahead", false);
        world.run(500);
        assertThat(a.volume.status().volume()).containsEntry("ahead", true);
    }

    @Test
    void aSourceThatGoesOnAndATargetThatTakesOverAreSplitUntilOneSideIsGivenUp() throws Exception {
        part();
        SimClient.Request write = write(3, false);
        world.run(100);
        assertThat(write.result).isZero();
        a.crash(false);
        b.volume.startSource(2, Trust.OWN);
        client.takeOver(b.disk.seen, false, true, "takeover by B");
        client.write(b.volume, 40, true);
        a.start();
        a.volume.startTarget(2, "B", false);
        pair.heal();
        world.run(2000);
        assertThat(b.volume.mirror("A").cause()).isEqualTo(PauseCause.SPLIT_BRAIN);
        a.volume.startTarget(2, "B", true);
        b.volume.resume("A");
        world.run(2000);
        assertThat(b.state()).isEqualTo(MirrorState.MIRRORING);
        assertThat(Arrays.mismatch(a.disk.seen, b.disk.seen)).isNegative();
        assertThat(client.outstanding).isZero();
    }

    /** Its marks are in the page cache, not on storage, when the engine dies; then the power fails. */
    @Test
    void marksThatOnlyThePageCacheHeldAreMadeAnewAfterARestart() throws IOException, RefusedException {
        for (int round = 0; round < 8; round++) {
            SimNode source = a.volume.serving() ? a : b;
            long epoch = source.volume.state().epoch();
            int[] steps = {0};
            source.log.hook(() -> {
                // Twice in the write, then in the flush.
                if (++steps[0] == 3) {
                    throw new SimWorld.Crash();
                }
            });
            int cell = 16 * (round % 8) + 5;
            source.exec(source.life(), () -> client.write(source.volume, cell, false));
            world.run(100);
            assertThat(source.up()).as("died in the commit of the mark").isFalse();
            source.start();
            client.adopt(source.disk.seen, true, "restart");
            source.volume.startSource(epoch + 1, Trust.OWN);
            source.peer.volume.startTarget(epoch + 1, source.name, false);
            // Before the mark is cleared, as both sides are equal.
            while (source.state() != MirrorState.MIRRORING) {
                world.run(1);
            }
            // Reaches this side's disk and not the other.
            world.partitioned = true;
            SimClient.Request write = client.write(source.volume, cell, false);
            world.run(150);
            assertThat(write.result).isZero();
            source.disk.flush();
            source.crash(true);
            SimNode other = source.peer;
            other.volume.startSource(epoch + 2, Trust.OWN);
            client.adopt(other.disk.seen, false, "takeover");
            source.start();
            source.volume.startTarget(epoch + 2, other.name, true);
            pair.heal();
            world.run(2000);
            assertThat(other.state()).isEqualTo(MirrorState.MIRRORING);
            assertThat(Arrays.mismatch(a.disk.seen, b.disk.seen))
                    .as("first differing byte, round %s", round)
                    .isNegative();
        }
    }

    /** Answers to pings wait behind the data, perhaps for an hour. */
    @Test
    void aTargetThatPingsOftenWhileTheLineIsSlowIsKept() {
        int[] echoes = new int[1];
        world.lost = type -> {
            echoes[0] += type == FrameType.PONG ? 1 : 0;
            return type == FrameType.PONG;
        };
        world.leaving = new ArrayList<>();
        Mirror mirror = a.volume.mirror("B");
        Link link = mirror.queue().link();
        for (int i = 0; i < 10_000; i++) {
            mirror.received(link, new Frame().set(FrameType.PING, 0, 1, 0, ByteBuffer.allocate(0)));
        }
        assertThat(mirror.queue().link()).isSameAs(link);
        assertThat(a.state()).isEqualTo(MirrorState.MIRRORING);
        assertThat(echoes[0]).as("of memory no more is taken").isBetween(1, 5000);
        world.leaving.forEach(Runnable::run);
        world.leaving = null;
        int before = echoes[0];
        mirror.received(link, new Frame().set(FrameType.PING, 0, 1, 0, ByteBuffer.allocate(0)));
        assertThat(echoes[0]).isEqualTo(before + 1);
    }

    /** What nobody thought of in one flush keeps no later one from being answered. */
    @Test
    void aFlushThatFailsUnexpectedlyIsAnswered() {
        boolean[] once = {true};
        b.disk.hook(() -> {
            if (once[0]) {
                once[0] = false;
                throw new IllegalStateException("not thought of");
            }
        });
        flush();
        for (int i = 0; i < 5000 && a.state() == MirrorState.MIRRORING; i++) {
            world.run(1);
        }
        assertThat(a.volume.mirror("B").cause()).isEqualTo(PauseCause.TARGET_ERROR);
        assertThat(world.trace.toString()).contains("not thought of");
        world.run(1000);
        assertThat(a.state()).isEqualTo(MirrorState.MIRRORING);
        SimClient.Request later = flush();
        world.run(500);
        assertThat(later.result).isZero();
    }
}
