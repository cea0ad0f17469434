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

    private final SimWorld world = new SimWorld(7);
    private SimNode a;
    private SimNode b;
    private SimClient client;

    @BeforeEach
    void pair() throws Exception {
        MirrorSettings settings = new MirrorSettings(
                Map.of("CurrencyWindowMs", 400L, "PingInterval", 60L, "MaxPingMisses", 4L, "ResumeDelayMs", 20L));
        a = new SimNode(world, "A", SIZE, MirrorType.SYNC, settings);
        b = new SimNode(world, "B", SIZE, MirrorType.SYNC, settings);
        a.peer = b;
        b.peer = a;
        a.start();
        b.start();
        client = new SimClient(world, SIZE);
        a.volume.startSource(1, Trust.OWN);
        b.volume.startTarget(1, "A", false);
        world.run(500);
        write(a);
        assertThat(state(a)).isEqualTo(MirrorState.MIRRORING);
    }

    private void write(SimNode node) {
        for (int i = 0; i < 20; i++) {
            node.exec(node.life(), () -> client.act(node.volume));
            world.run(50);
        }
        world.run(1000);
    }

    private static MirrorState state(SimNode source) {
        return source.volume.mirror(source.peer.name).state();
    }

    private static PauseCause cause(SimNode source) {
        return source.volume.mirror(source.peer.name).cause();
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
        assertThat(cause(a)).isEqualTo(PauseCause.SPLIT_BRAIN);
        assertThat(cause(b)).isEqualTo(PauseCause.SPLIT_BRAIN);
        // One is made target, without a word about its data: nothing is sent.
        b.volume.stop(0, () -> {});
        world.run(100);
        b.volume.startTarget(3, "A", false);
        a.volume.startSource(3, Trust.OWN);
        a.volume.resume("B");
        world.run(2000);
        assertThat(cause(a)).isEqualTo(PauseCause.SPLIT_BRAIN);
        assertThat(b.disk.seen).isEqualTo(atB);
        assertThat(a.disk.seen).isEqualTo(atA);
        // An operator chooses.
        b.volume.startTarget(3, "A", true);
        a.volume.resume("B");
        world.run(3000);
        assertThat(state(a)).isEqualTo(MirrorState.MIRRORING);
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
        a.volume.stop(0, () -> {});
        world.run(100);
        a.volume.startTarget(2, "B", false);
        world.partitioned = false;
        world.run(3000);
        assertThat(cause(b)).isEqualTo(PauseCause.SPLIT_BRAIN);
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
        assertThat(cause(a)).isEqualTo(PauseCause.SPLIT_BRAIN);
        b.volume.startTarget(3, "A", true);
        a.volume.resume("B");
        world.run(3000);
        assertThat(state(a)).isEqualTo(MirrorState.MIRRORING);
        assertThat(a.disk.seen).isEqualTo(atA);
        assertThat(b.disk.seen).isEqualTo(atA);
    }

    // covers MIR-188 MIR-135 MIR-250
    @Test
    void anOrderlyHandoverLosesNothingAndNeedsNoForce() throws Exception {
        boolean[] stopped = new boolean[1];
        a.volume.stop(5000, () -> stopped[0] = true);
        for (int i = 0; i < 3000 && !stopped[0]; i++) {
            world.run(1);
        }
        assertThat(stopped[0]).isTrue();
        assertThat(a.volume.serving()).isFalse();
        b.volume.startSource(2, Trust.OWN);
        client.adopt(b.disk.seen, true, "handover");
        a.volume.startTarget(2, "B", false);
        write(b);
        assertThat(state(b)).isEqualTo(MirrorState.MIRRORING);
        assertThat(a.disk.seen).isEqualTo(b.disk.seen);
    }

    /** The first echo comes a ping later: until then the end of the resynchronisation counts as one. */
    @Test
    void aTargetIsCurrentFromTheMomentItIsInStep() throws Exception {
        world.partitioned = true;
        world.run(3000);
        world.partitioned = false;
        assertThat(state(a)).isNotEqualTo(MirrorState.MIRRORING);
        while (state(a) != MirrorState.MIRRORING) {
            world.run(1);
        }
        world.partitioned = true;
        a.exec(a.life(), () -> client.act(a.volume));
        world.run(300);
        assertThat(client.outstanding).isPositive();
        b.volume.startSource(2, Trust.OWN);
        assertThat(b.volume.serving()).isTrue();
    }

    @Test
    void aSourceDoesNotWaitForATargetThatSaidThatItEnds() {
        b.exec(b.life(), () -> b.volume.resign());
        world.run(20);
        assertThatThrownBy(() -> b.volume.startSource(2, Trust.OWN))
                .as("who said so does not go back on it")
                .hasMessageContaining("not been in step");
        b.crash(false);
        a.exec(a.life(), () -> client.act(a.volume));
        world.run(100);
        assertThat(client.outstanding)
                .as("writes go on before the window of 400 ms is over")
                .isZero();
        assertThat(state(a)).isEqualTo(MirrorState.PAUSED);
    }

    @Test
    void aSourceDoesNotWaitForATargetThatIsStopped() {
        b.exec(b.life(), () -> b.volume.stop(1000, () -> {}));
        a.exec(a.life(), () -> client.act(a.volume));
        world.run(200);
        assertThat(client.outstanding)
                .as("writes go on before the window of 400 ms is over")
                .isZero();
        assertThatThrownBy(() -> b.volume.startSource(2, Trust.OWN)).hasMessageContaining("not been in step");
        assertThatThrownBy(() -> b.volume.startSource(2, Trust.RECORDED)).hasMessageContaining("not been in step");
    }

    /** The word is lost with the connection; the next answer says the same. */
    @Test
    void aTargetThatWasStoppedSaysSoWhenItIsAskedAgain() {
        a.volume.settings("B", new MirrorSettings(Map.of("CurrencyWindowMs", 3_600_000L, "ResumeDelayMs", 20L)));
        world.partitioned = true;
        a.exec(a.life(), () -> client.act(a.volume));
        b.exec(b.life(), () -> b.volume.stop(1000, () -> {}));
        world.run(30_000);
        assertThat(client.outstanding).as("nothing was heard of the target").isPositive();
        world.partitioned = false;
        world.run(3000);
        assertThat(client.outstanding).as("the target has no role").isZero();
        assertThatThrownBy(() -> b.volume.startSource(2, Trust.OWN)).hasMessageContaining("not been in step");
    }

    @Test
    void aSourceThatWasTargetOnceSaysNothingOfTheKind() throws Exception {
        a.volume.stop(5000, () -> {});
        world.run(1000);
        b.volume.startSource(2, Trust.RECORDED);
        b.volume.stop(0, () -> {});
        world.run(100);
        a.volume.startTarget(2, "B", false);
        a.volume.stop(0, () -> {});
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
    void aSourceWaitsForATargetThatSaidNothing() {
        b.crash(false);
        a.exec(a.life(), () -> client.act(a.volume));
        world.run(100);
        assertThat(client.outstanding).isPositive();
        world.run(1000);
        assertThat(client.outstanding).isZero();
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
        assertThat(state(a)).isEqualTo(MirrorState.BROKEN);
        write(a);
        assertThat(state(a)).isEqualTo(MirrorState.BROKEN);
        a.volume.resync("B");
        world.run(3000);
        assertThat(state(a)).isEqualTo(MirrorState.MIRRORING);
        assertThat(b.disk.seen).isEqualTo(a.disk.seen);
    }

    // covers EMC-018
    @Test
    void anOperatorsPauseLastsUntilContinueEvenOverARestart() throws Exception {
        a.volume.pause("B");
        world.run(2000);
        assertThat(cause(a)).isEqualTo(PauseCause.USER);
        a.crash(false);
        a.start();
        a.volume.startSource(2, Trust.OWN);
        b.volume.startTarget(2, "A", false);
        world.run(2000);
        assertThat(state(a)).isEqualTo(MirrorState.PAUSED);
        a.volume.resume("B");
        world.run(2000);
        assertThat(state(a)).isEqualTo(MirrorState.MIRRORING);
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
        assertThat(state(a)).isEqualTo(MirrorState.MIRRORING);
        assertThat(b.disk.seen).isEqualTo(a.disk.seen);
    }

    @Test
    void aDeletedMirrorsTargetMayCountAsCurrentForTheWindow() {
        world.partitioned = true;
        a.volume.removeMirror("B");
        a.exec(a.life(), () -> client.act(a.volume));
        world.run(100);
        assertThat(client.outstanding).isPositive();
        world.run(1000);
        assertThat(client.outstanding).isZero();
    }

    @Test
    void aLogThatCannotBeWrittenIsNotCompleteAfterAFullResynchronisation() throws Exception {
        a.volume.pause("B");
        a.volume.logLost("B");
        write(a);
        a.log.failing = true;
        a.volume.resume("B");
        while (state(a) != MirrorState.RESYNC) {
            world.run(1);
        }
        a.crash(false);
        a.log.failing = false;
        a.start();
        a.volume.startSource(2, Trust.OWN);
        world.run(3000);
        assertThat(state(a)).isEqualTo(MirrorState.MIRRORING);
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
                        .as("blocks that B may lose and A does not know of, in round %s, state %s", round, state(a))
                        .isZero();
            }
        }
    }

    @Test
    void aTargetThatSleptThroughTheWindowIsNotCurrent() {
        world.partitioned = true;
        world.run(600);
        b.slept = 600_000_000;
        assertThatThrownBy(() -> b.volume.startSource(2, Trust.OWN)).hasMessageContaining("may have gone on alone");
    }

    private void untilLost() {
        while (state(a) == MirrorState.MIRRORING) {
            world.run(1);
        }
    }

    @Test
    void aSourceStartedAgainWithinTheWindowAnswersNothingItsTargetLacks() throws Exception {
        world.partitioned = true;
        untilLost();
        a.crash(false);
        a.start();
        client.adopt(a.disk.seen, true, "restart of A");
        a.volume.startSource(2, Trust.OWN);
        a.exec(a.life(), () -> client.act(a.volume));
        world.run(100);
        assertThat(client.outstanding).isPositive();
        a.crash(true);
        b.volume.startSource(3, Trust.OWN);
        client.adopt(b.disk.seen, true, "takeover by B");
    }

    @Test
    void aSourceThatAnsweredNothingAloneIsNeitherAheadNorSplit() throws Exception {
        world.partitioned = true;
        a.exec(a.life(), () -> client.act(a.volume));
        untilLost();
        assertThat(a.volume.status().volume()).containsEntry("ahead", false);
        assertThat(client.outstanding).isPositive();
        b.volume.startSource(2, Trust.OWN);
        a.crash(false);
        a.start();
        world.partitioned = false;
        a.volume.startTarget(2, "B", false);
        world.run(2000);
        assertThat(state(b)).isEqualTo(MirrorState.MIRRORING);
        assertThat(Arrays.mismatch(a.disk.seen, b.disk.seen)).isNegative();
    }

    @Test
    void aSourceIsAheadOnceItWroteAlone() {
        world.partitioned = true;
        world.run(2000);
        assertThat(a.volume.status().volume()).containsEntry("ahead", true);
    }

    @Test
    void aWindowMadeSmallerHoldsFromTheNextConnectionOn() {
        MirrorSettings settings = a.volume.mirror("B").settings();
        a.volume.settings("B", settings.with("CurrencyWindowMs", 20));
        world.partitioned = true;
        a.exec(a.life(), () -> client.act(a.volume));
        untilLost();
        world.run(200);
        assertThat(client.outstanding).isPositive();
        world.run(400);
        assertThat(client.outstanding).isZero();
        world.partitioned = false;
        world.run(1000);
        assertThat(state(a)).isEqualTo(MirrorState.MIRRORING);
        world.partitioned = true;
        a.exec(a.life(), () -> client.act(a.volume));
        untilLost();
        world.run(200);
        assertThat(client.outstanding).isZero();
    }

    @Test
    void aPromotedTargetWaitsForTheOtherTargetsOfItsSource() throws Exception {
        IntentLog log = IntentLog.create(new SimDisk((int) IntentLog.fileSize(SIZE)), SIZE);
        b.volume.addMirror("C", "C", MirrorType.SYNC, b.volume.mirror("A").settings(), log);
        world.partitioned = true;
        a.crash(true);
        b.volume.startSource(2, Trust.OWN);
        client.adopt(b.disk.seen, true, "takeover by B");
        b.exec(b.life(), () -> client.act(b.volume));
        world.run(100);
        assertThat(client.outstanding).isPositive();
        world.run(1000);
        assertThat(client.outstanding).isZero();
    }

    /** The source may have been started again meanwhile, and may have written for hours. */
    @Test
    void aHandoverHoldsForTheWindowAndThenNeedsTheOthersWord() throws Exception {
        a.volume.stop(5000, () -> {});
        world.run(2000);
        assertThatThrownBy(() -> b.volume.startSource(2, Trust.OWN)).hasMessageContaining("may have gone on alone");
        b.volume.startSource(2, Trust.RECORDED);
        assertThat(b.volume.serving()).isTrue();
    }

    private static String hold(SimNode source) {
        return source.volume.barrier().number(source.volume.mirror(source.peer.name));
    }

    /** What is recorded of a loss ends the wait for that loss, not for one after the target was in step again. */
    @Test
    void whatIsRecordedOfAnEarlierLossDoesNotEndALaterWait() {
        world.partitioned = true;
        untilLost();
        long first = Long.parseUnsignedLong(hold(a), 16);
        world.partitioned = false;
        world.run(3000);
        assertThat(state(a)).isEqualTo(MirrorState.MIRRORING);
        assertThat(hold(a)).isEmpty();
        world.partitioned = true;
        a.exec(a.life(), () -> client.act(a.volume));
        untilLost();
        long second = Long.parseUnsignedLong(hold(a), 16);
        a.volume.recorded("B", first);
        world.run(50);
        assertThat(client.outstanding).as("B may still count as current").isPositive();
        a.volume.recorded("B", second);
        world.run(50);
        assertThat(client.outstanding).isZero();
        assertThat(hold(a)).isEmpty();
    }
}
