package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who may be source, and what happens when two have been. */
class RolesTest {
    private static final int SIZE = 8 * IntentLog.BLOCK;

    private final SimPair pair = new SimPair(new SimWorld(7), SIZE, MirrorType.SYNC);
    private final SimWorld world = pair.world;
    private final SimNode a = pair.a;
    private final SimNode b = pair.b;
    private SimClient client = pair.client;

    @BeforeEach
    void start() throws Exception {
        pair.start();
        world.run(500);
        write(a);
        assertThat(a.state()).isEqualTo(MirrorState.MIRRORING);
    }

    private void write(SimNode side) {
        pair.work(side, client);
    }

    // covers MIR-008
    @Test
    void aGoesOnAloneAndDiesThenBRefuses() throws IOException {
        b.crash(true);
        write(a);
        assertThat(client.outstanding).as("the source goes on after the window").isZero();
        a.crash(true);
        b.start();
        assertThatThrownBy(() -> b.volume.startSource(2, Trust.OWN)).isInstanceOf(RefusedException.class);
        assertThatThrownBy(() -> b.volume.startSource(2, Trust.RECORDED))
                .hasMessageContaining("not been in step with its source since it was started");
    }

    // covers SPLIT-002 SPLIT-003 SPLIT-005 SPLIT-016
    @Test
    void bothForcedUpThenMeet() throws Exception {
        world.partitioned = true;
        world.run(2000);
        write(a);
        b.volume.startSource(2, Trust.FORCED);
        SimClient others = client;
        client = new SimClient(world, SIZE);
        write(b);
        byte[] atA = a.disk.seen.clone();
        byte[] atB = b.disk.seen.clone();
        world.partitioned = false;
        world.run(3000);
        assertThat(a.cause()).isEqualTo(PauseCause.SPLIT_BRAIN);
        assertThat(b.cause()).isEqualTo(PauseCause.SPLIT_BRAIN);
        // One is made target, without a word about its data: nothing is sent.
        b.volume.stop(0, behind -> {});
        world.run(100);
        b.volume.startTarget(3, "A", false);
        a.volume.startSource(3, Trust.OWN);
        a.volume.resume("B");
        world.run(2000);
        assertThat(a.cause()).isEqualTo(PauseCause.SPLIT_BRAIN);
        assertThat(b.disk.seen).isEqualTo(atB);
        assertThat(a.disk.seen).isEqualTo(atA);
        // An operator chooses.
        b.volume.startTarget(3, "A", true);
        a.volume.resume("B");
        world.run(3000);
        assertThat(a.state()).isEqualTo(MirrorState.MIRRORING);
        assertThat(b.disk.seen).isEqualTo(atA);
        assertThat(others.outstanding).isZero();
    }

    // covers SPLIT-005 SPLIT-006 SPLIT-016
    @Test
    void aSideOfASplitIsStartedByAnOperatorOnlyAndEitherMayBeChosen() throws Exception {
        world.partitioned = true;
        world.run(2000);
        write(a);
        b.volume.startSource(2, Trust.FORCED);
        client = new SimClient(world, SIZE);
        write(b);
        byte[] atA = a.disk.seen.clone();
        a.volume.stop(0, behind -> {});
        world.run(100);
        a.volume.startTarget(2, "B", false);
        world.partitioned = false;
        world.run(3000);
        assertThat(b.cause()).isEqualTo(PauseCause.SPLIT_BRAIN);
        assertThat(b.volume.mirror("A").detail()).contains("choose one and let the other discard");

        b.crash(true);
        for (Trust trust : new Trust[] {Trust.OWN, Trust.RECORDED}) {
            assertThatThrownBy(() -> a.volume.startSource(3, trust)).isInstanceOf(RefusedException.class);
        }
        assertThat(a.volume.serving()).isFalse();

        // The operator wants what the older owner has.
        a.volume.startSource(3, Trust.FORCED);
        b.start();
        b.volume.startTarget(3, "A", false);
        world.run(3000);
        assertThat(a.cause()).isEqualTo(PauseCause.SPLIT_BRAIN);
        b.volume.startTarget(3, "A", true);
        a.volume.resume("B");
        world.run(3000);
        assertThat(a.state()).isEqualTo(MirrorState.MIRRORING);
        assertThat(a.disk.seen).isEqualTo(atA);
        assertThat(b.disk.seen).isEqualTo(atA);
    }

    // covers MIR-188 MIR-135 MIR-250
    @Test
    void anOrderlyHandoverLosesNothingAndNeedsNoForce() throws Exception {
        boolean[] stopped = new boolean[1];
        a.volume.stop(5000, behind -> stopped[0] = true);
        for (int i = 0; i < 3000 && !stopped[0]; i++) {
            world.run(1);
        }
        assertThat(stopped[0]).isTrue();
        assertThat(a.volume.serving()).isFalse();
        b.volume.startSource(2, Trust.OWN);
        client.adopt(b.disk.seen, true, "handover");
        a.volume.startTarget(2, "B", false);
        write(b);
        assertThat(b.state()).isEqualTo(MirrorState.MIRRORING);
        assertThat(a.disk.seen).isEqualTo(b.disk.seen);
    }

    @Test
    void aSourceThatWasTargetOnceSaysNothingOfTheKind() throws Exception {
        a.volume.stop(5000, behind -> {});
        world.run(1000);
        b.volume.startSource(2, Trust.RECORDED);
        b.volume.stop(0, behind -> {});
        world.run(100);
        a.volume.startTarget(2, "B", false);
        a.volume.stop(0, behind -> {});
        world.run(100);
        assertThat(Introduction.gone(b.volume, Map.of("target", "B", "epoch", "2")))
                .as("it was source last")
                .isFalse();
        assertThat(Introduction.gone(a.volume, Map.of("target", "B", "epoch", "2")))
                .as("somebody else is meant")
                .isFalse();
        assertThat(Introduction.gone(a.volume, Map.of("target", "A", "epoch", "1")))
                .as("there was a source since")
                .isFalse();
        assertThat(Introduction.gone(a.volume, Map.of("target", "A", "epoch", "2")))
                .isTrue();
    }

    @Test
    void anOldEpochIsRefused() {
        assertThatThrownBy(() -> b.volume.startTarget(0, "A", false)).hasMessageContaining("epoch 0 is over");
    }

    @Test
    void nothingIsAnsweredWithoutTheLease() {
        a.volume.lease(world.now() + 10_000_000);
        world.run(20);
        long before = client.answered;
        a.exec(a.life(), () -> client.act(a.volume));
        world.run(2000);
        assertThat(client.answered).isEqualTo(before);
        a.volume.lease(Long.MAX_VALUE);
        world.run(2000);
        assertThat(client.outstanding).isZero();
    }

    @Test
    void breakingForgetsAndResyncSendsEverything() {
        a.volume.breakMirror("B");
        assertThat(a.state()).isEqualTo(MirrorState.BROKEN);
        write(a);
        assertThat(a.state()).isEqualTo(MirrorState.BROKEN);
        a.volume.resync("B");
        world.run(3000);
        assertThat(a.state()).isEqualTo(MirrorState.MIRRORING);
        assertThat(b.disk.seen).isEqualTo(a.disk.seen);
    }

    // covers EMC-018
    @Test
    void anOperatorsPauseLastsUntilContinueEvenOverARestart() throws Exception {
        a.volume.pause("B");
        world.run(2000);
        assertThat(a.cause()).isEqualTo(PauseCause.USER);
        a.crash(false);
        a.start();
        a.volume.startSource(2, Trust.OWN);
        b.volume.startTarget(2, "A", false);
        world.run(2000);
        assertThat(a.state()).isEqualTo(MirrorState.PAUSED);
        a.volume.resume("B");
        world.run(2000);
        assertThat(a.state()).isEqualTo(MirrorState.MIRRORING);
    }

    @Test
    void aMirrorDeletedAndMadeAnewSendsWhatWasWrittenBetween() throws Exception {
        MirrorSettings settings = a.volume.mirror("B").settings();
        a.volume.removeMirror("B");
        write(a);
        assertThat(client.outstanding).isZero();
        assertThat(Arrays.equals(b.disk.seen, a.disk.seen)).isFalse();
        IntentLog log = IntentLog.create(new SimDisk((int) IntentLog.fileSize(SIZE)), SIZE);
        a.volume.addMirror("B", "B", MirrorType.SYNC, settings, log);
        world.run(3000);
        assertThat(a.state()).isEqualTo(MirrorState.MIRRORING);
        assertThat(b.disk.seen).isEqualTo(a.disk.seen);
    }

    @Test
    void aLogThatCannotBeWrittenIsNotCompleteAfterAFullResynchronisation() throws Exception {
        a.volume.pause("B");
        a.volume.logLost("B");
        write(a);
        a.log.failing = true;
        a.volume.resume("B");
        while (a.state() != MirrorState.RESYNC) {
            world.run(1);
        }
        a.crash(false);
        a.log.failing = false;
        a.start();
        a.volume.startSource(2, Trust.OWN);
        world.run(3000);
        assertThat(a.state()).isEqualTo(MirrorState.MIRRORING);
        assertThat(b.disk.seen).isEqualTo(a.disk.seen);
        assertThat(a.volume.state().peer("B").logComplete()).isTrue();
    }

    /** A mark may go only when what the block holds now is on storage on both sides. */
    @Test
    void aBlockSentAgainWhileItsMarkIsClearedStaysMarked() throws Exception {
        for (int round = 0; round < 30; round++) {
            a.volume.pause("B");
            write(a);
            a.volume.resume("B");
            for (int i = 0; i < 400; i++) {
                if (i % 20 == 0) {
                    a.exec(a.life(), () -> client.act(a.volume));
                }
                if (i % 10 == 0) {
                    a.exec(a.life(), () -> a.volume.tick(true));
                }
                world.runNanos(50_000);
                Bits damaged = b.disk.unflushed();
                damaged.andNot(a.volume.mirror("B").log().marked());
                assertThat(damaged.count())
                        .as("blocks that B may lose and A does not know of, in round %s, state %s", round, a.state())
                        .isZero();
            }
        }
    }
}
