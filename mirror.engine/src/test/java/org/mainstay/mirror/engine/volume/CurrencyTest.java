package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** For how long a target that is lost may count as current, and that its source answers nothing alone until then. */
class CurrencyTest {
    private static final int SIZE = 8 * IntentLog.BLOCK;

    private final SimPair pair = new SimPair(new SimWorld(7), SIZE, MirrorType.SYNC);
    private final SimWorld world = pair.world;
    private final SimNode a = pair.a;
    private final SimNode b = pair.b;
    private final SimClient client = pair.client;

    @BeforeEach
    void start() throws Exception {
        pair.start();
        world.run(500);
        pair.work(a, client);
        assertThat(a.state()).isEqualTo(MirrorState.MIRRORING);
    }

    private void write(SimNode side) {
        side.exec(side.life(), () -> client.act(side.volume));
    }

    private void waitsForTheWindow(SimNode side) {
        write(side);
        world.run(100);
        assertThat(client.outstanding).isPositive();
        world.run(1000);
        assertThat(client.outstanding).isZero();
    }

    private void untilLost() {
        while (a.state() == MirrorState.MIRRORING) {
            world.run(1);
        }
    }

    private static String hold(SimNode source) {
        return source.volume.barrier().number(source.volume.mirror(source.peer.name));
    }

    /** The first echo comes a ping later: until then the end of the resynchronisation counts as one. */
    @Test
    void aTargetIsCurrentFromTheMomentItIsInStep() throws Exception {
        world.partitioned = true;
        world.run(3000);
        world.partitioned = false;
        assertThat(a.state()).isNotEqualTo(MirrorState.MIRRORING);
        while (a.state() != MirrorState.MIRRORING) {
            world.run(1);
        }
        world.partitioned = true;
        write(a);
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
        write(a);
        world.run(100);
        assertThat(client.outstanding)
                .as("writes go on before the window of 400 ms is over")
                .isZero();
        assertThat(a.state()).isEqualTo(MirrorState.PAUSED);
    }

    @Test
    void aSourceDoesNotWaitForATargetThatIsStopped() {
        b.exec(b.life(), () -> b.volume.stop(1000, behind -> {}));
        write(a);
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
        write(a);
        b.exec(b.life(), () -> b.volume.stop(1000, behind -> {}));
        world.run(30_000);
        assertThat(client.outstanding).as("nothing was heard of the target").isPositive();
        world.partitioned = false;
        world.run(3000);
        assertThat(client.outstanding).as("the target has no role").isZero();
        assertThatThrownBy(() -> b.volume.startSource(2, Trust.OWN)).hasMessageContaining("not been in step");
    }

    @Test
    void aSourceWaitsForATargetThatSaidNothing() {
        b.crash(false);
        waitsForTheWindow(a);
    }

    @Test
    void aDeletedMirrorsTargetMayCountAsCurrentForTheWindow() {
        world.partitioned = true;
        a.volume.removeMirror("B");
        waitsForTheWindow(a);
    }

    @Test
    void aTargetThatSleptThroughTheWindowIsNotCurrent() {
        world.partitioned = true;
        world.run(600);
        b.slept = 600_000_000;
        assertThatThrownBy(() -> b.volume.startSource(2, Trust.OWN)).hasMessageContaining("may have gone on alone");
    }

    @Test
    void aSourceStartedAgainWithinTheWindowAnswersNothingItsTargetLacks() throws Exception {
        world.partitioned = true;
        untilLost();
        a.crash(false);
        a.start();
        client.adopt(a.disk.seen, true, "restart of A");
        a.volume.startSource(2, Trust.OWN);
        write(a);
        world.run(100);
        assertThat(client.outstanding).isPositive();
        a.crash(true);
        b.volume.startSource(3, Trust.OWN);
        client.adopt(b.disk.seen, true, "takeover by B");
    }

    @Test
    void aSourceThatAnsweredNothingAloneIsNeitherAheadNorSplit() throws Exception {
        world.partitioned = true;
        write(a);
        untilLost();
        assertThat(a.volume.status().volume()).containsEntry("ahead", false);
        assertThat(client.outstanding).isPositive();
        b.volume.startSource(2, Trust.OWN);
        a.crash(false);
        a.start();
        world.partitioned = false;
        a.volume.startTarget(2, "B", false);
        world.run(2000);
        assertThat(b.state()).isEqualTo(MirrorState.MIRRORING);
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
        write(a);
        untilLost();
        world.run(200);
        assertThat(client.outstanding).isPositive();
        world.run(400);
        assertThat(client.outstanding).isZero();
        world.partitioned = false;
        world.run(1000);
        assertThat(a.state()).isEqualTo(MirrorState.MIRRORING);
        world.partitioned = true;
        write(a);
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
        waitsForTheWindow(b);
    }

    /** The source may have been started again meanwhile, and may have written for hours. */
    @Test
    void aHandoverHoldsForTheWindowAndThenNeedsTheOthersWord() throws Exception {
        a.volume.stop(5000, behind -> {});
        world.run(2000);
        assertThatThrownBy(() -> b.volume.startSource(2, Trust.OWN)).hasMessageContaining("may have gone on alone");
        b.volume.startSource(2, Trust.RECORDED);
        assertThat(b.volume.serving()).isTrue();
    }

    /** What is recorded of a loss ends the wait for that loss, not for one after the target was in step again. */
    @Test
    void whatIsRecordedOfAnEarlierLossDoesNotEndALaterWait() {
        world.partitioned = true;
        untilLost();
        long first = Long.parseUnsignedLong(hold(a), 16);
        world.partitioned = false;
        world.run(3000);
        assertThat(a.state()).isEqualTo(MirrorState.MIRRORING);
        assertThat(hold(a)).isEmpty();
        world.partitioned = true;
        write(a);
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
