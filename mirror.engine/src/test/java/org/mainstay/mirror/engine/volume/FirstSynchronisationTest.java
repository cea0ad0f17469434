package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mainstay.mirror.engine.link.FrameType;

/** A new target: what it has already is not sent, and what was sent before an interruption is not sent again. */
class FirstSynchronisationTest {
    private static final int BLOCKS = 400;
    private static final int SIZE = BLOCKS * IntentLog.BLOCK;

    private final SimWorld world = new SimWorld(23);
    private SimNode a;
    private SimNode b;
    private int blocks;

    @BeforeEach
    void pair() {
        MirrorSettings settings = new MirrorSettings(
                Map.of("CurrencyWindowMs", 400L, "PingInterval", 60L, "MaxPingMisses", 4L, "ResumeDelayMs", 20L));
        a = new SimNode(world, "A", SIZE, MirrorType.SYNC, settings);
        b = new SimNode(world, "B", SIZE, MirrorType.SYNC, settings);
        a.peer = b;
        b.peer = a;
        new Random(5).nextBytes(a.disk.seen);
        a.disk.become(a.disk.seen);
        world.lost = type -> {
            blocks += type == FrameType.BLOCK ? 1 : 0;
            return false;
        };
    }

    private void start() throws Exception {
        a.start();
        b.start();
        a.volume.startSource(1, Trust.OWN);
        b.volume.startTarget(1, "A", false);
    }

    private int left() {
        return a.volume.mirror("B").log().count();
    }

    /** Runs until half of it has been sent and is on storage of both sides, slowly. */
    private void half() throws Exception {
        world.perFrame = 20_000_000;
        start();
        for (int i = 0; i < 5000 && (left() == 0 || left() > BLOCKS / 2); i++) {
            world.run(5);
        }
        assertThat(left()).isBetween(1, BLOCKS / 2);
        assertThat(b.volume.state().consistent()).isFalse();
        world.perFrame = 0;
        blocks = 0;
    }

    private void inStep() {
        for (int i = 0; i < 5000 && a.volume.mirror("B").state() != MirrorState.MIRRORING; i++) {
            world.run(5);
        }
        assertThat(a.volume.mirror("B").state()).isEqualTo(MirrorState.MIRRORING);
        assertThat(Arrays.mismatch(a.disk.seen, b.disk.seen)).isNegative();
        assertThat(a.volume.state().peer("B").sync()).isZero();
        assertThat(b.volume.state().peer("A").sync()).isZero();
    }

    /** Each frame has up to four blocks. */
    private int sent() {
        return blocks * 4;
    }

    private void parted() {
        world.partitioned = true;
        world.run(1500);
        world.partitioned = false;
        a.healed();
        b.healed();
    }

    @Test
    void goesOnWhereTheConnectionWasLost() throws Exception {
        half();
        parted();
        inStep();
        assertThat(sent()).isLessThan(BLOCKS * 3 / 4);
    }

    @Test
    void goesOnAfterTheSourceLostPower() throws Exception {
        half();
        a.crash(true);
        world.run(500);
        a.start();
        a.volume.startSource(2, Trust.OWN);
        inStep();
        assertThat(sent()).isLessThan(BLOCKS * 3 / 4);
    }

    // covers MIR-153
    @Test
    void goesOnAfterTheTargetLostPower() throws Exception {
        half();
        b.crash(true);
        world.run(500);
        b.start();
        b.volume.startTarget(1, "A", false);
        inStep();
        assertThat(sent()).isLessThan(BLOCKS * 3 / 4);
    }

    @Test
    void whatIsWrittenMeanwhileIsSentToo() throws Exception {
        half();
        SimClient client = new SimClient(world, SIZE);
        world.partitioned = true;
        world.run(1500);
        client.write(a.volume, 3, true);
        world.run(1500);
        assertThat(client.outstanding).isZero();
        world.partitioned = false;
        a.healed();
        b.healed();
        inStep();
        assertThat(sent()).isLessThan(BLOCKS * 3 / 4);
    }

    /** What is written while it is broken is not marked. */
    @Test
    void beginsAnewAfterABreak() throws Exception {
        half();
        a.volume.breakMirror("B");
        a.volume.resume("B");
        assertThat(a.volume.state().peer("B").sync()).isZero();
        inStep();
    }

    // covers MIR-005 MIR-050 MIR-100 MIR-103
    @Test
    void anotherTargetInItsPlaceGetsEverything() throws Exception {
        half();
        world.partitioned = true;
        world.run(1000);
        byte[] nothing = new byte[SIZE];
        b.crash(false);
        b.forget();
        b.disk.become(nothing);
        world.partitioned = false;
        b.start();
        b.volume.startTarget(1, "A", false);
        inStep();
        assertThat(sent()).isGreaterThanOrEqualTo(BLOCKS);
    }

    @Test
    void whatANewTargetHasAlreadyIsNotSent() throws Exception {
        b.disk.become(a.disk.seen);
        start();
        inStep();
        assertThat(blocks).isZero();
    }

    // covers MIR-132
    @Test
    void whatGoesOnAfterAnInterruptionIsComparedToo() throws Exception {
        b.disk.become(a.disk.seen);
        world.perFrame = 20_000_000;
        start();
        for (int i = 0; i < 5000 && a.volume.mirror("B").state() != MirrorState.RESYNC; i++) {
            world.run(1);
        }
        world.run(50);
        assertThat(b.volume.state().consistent()).as("it has begun").isFalse();
        assertThat(left()).as("and not ended").isPositive();
        world.perFrame = 0;
        parted();
        inStep();
        assertThat(world.trace.toString()).contains(": PARTIAL");
        assertThat(blocks).isZero();
    }

    /** What a failed flush may have lost is right in memory only: comparing it would prove nothing. */
    @Test
    void afterAFailedFlushDigestsSayNothing() throws Exception {
        b.disk.become(a.disk.seen);
        b.disk.losing = true;
        start();
        for (int i = 0; i < 5000 && !b.volume.lost(); i++) {
            world.run(1);
        }
        assertThat(b.volume.lost()).isTrue();
        b.disk.losing = false;
        blocks = 0;
        a.volume.resync("B");
        inStep();
        assertThat(sent()).as("all of it").isGreaterThanOrEqualTo(BLOCKS);
    }

    /** The process that knew of it is gone, and what it wrote is in the page cache still. */
    @Test
    void afterAFailedFlushAndARestartOfTheEngineStorageIsComparedAndNotTheCache() throws Exception {
        half();
        b.disk.losing = true;
        for (int i = 0; i < 5000 && b.disk.losses == 0; i++) {
            world.run(1);
        }
        assertThat(b.disk.losses).isPositive();
        assertThat(b.disk.durable()).isNotEqualTo(b.disk.seen);
        b.disk.losing = false;
        b.crash(false);
        b.start();
        b.volume.startTarget(1, "A", false);
        inStep();
        assertThat(b.disk.durable()).isEqualTo(a.disk.seen);
    }

    /** The session that knows of it is broken off before all was sent anew. */
    @Test
    void afterAFailedFlushTheNextSessionButOneReadsStorageToo() throws Exception {
        half();
        b.disk.losing = true;
        for (int i = 0; i < 5000 && b.disk.losses == 0; i++) {
            world.run(1);
        }
        assertThat(b.disk.losses).isPositive();
        b.disk.losing = false;
        world.perFrame = 20_000_000;
        for (int i = 0; i < 5000 && (b.volume.lost() || b.disk.lost()); i++) {
            world.run(1);
        }
        assertThat(b.volume.lost()).as("another session has begun").isFalse();
        blocks = 0;
        for (int i = 0; i < 5000 && blocks == 0; i++) {
            world.run(1);
        }
        assertThat(blocks).as("it is sent anew").isPositive();
        assertThat(left()).as("not all of it").isPositive();
        world.perFrame = 0;
        parted();
        inStep();
        assertThat(b.disk.durable()).isEqualTo(a.disk.seen);
    }

    /** It may take long, and others would take a disk that is well for one that hangs. */
    @Test
    void aTargetsFirstFlushHoldsUpNobody() throws Exception {
        List<Boolean> busy = new ArrayList<>();
        b.disk.flushing = () -> {
            if (!b.volume.target().reread()) {
                busy.add(b.volume.target().busy());
            }
        };
        start();
        inStep();
        assertThat(busy).isNotEmpty().containsOnly(false);
    }

    /** Where it has nothing, comparing ends soon. */
    @Test
    void anEmptyTargetIsNotAskedForEachBlock() throws Exception {
        int[] sums = new int[1];
        world.lost = type -> {
            sums[0] += type == FrameType.SUMS ? 16 : 0;
            return false;
        };
        start();
        inStep();
        assertThat(sums[0]).isBetween(16, BLOCKS * 3 / 4);
    }
}
