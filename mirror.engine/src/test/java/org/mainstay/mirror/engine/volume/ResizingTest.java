package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A volume that is made larger (MGUIDE-401 to MGUIDE-406); crashes at any step of it: {@link MirrorModelTest}. */
class ResizingTest {
    private static final int SIZE = 8 * IntentLog.BLOCK + 4096;
    private static final int MOST = 14 * IntentLog.BLOCK;

    private final SimPair pair = new SimPair(new SimWorld(7), SIZE, MOST, MirrorType.SYNC, Map.of());
    private final SimWorld world = pair.world;
    private final SimNode a = pair.a;
    private final SimNode b = pair.b;
    private final SimClient client = pair.client;

    @BeforeEach
    void start() throws Exception {
        a.disk.garbage(SIZE, 0x1111111111111111L);
        b.disk.garbage(SIZE, 0x2222222222222222L);
        a.disk.room = SIZE;
        b.disk.room = SIZE;
        pair.start();
        world.run(500);
        assertThat(a.state()).isEqualTo(MirrorState.MIRRORING);
    }

    private void equal(int size) {
        world.run(2000);
        assertThat(a.state()).isEqualTo(MirrorState.MIRRORING);
        assertThat(a.volume.size()).isEqualTo(size);
        assertThat(b.volume.size()).isEqualTo(size);
        assertThat(Arrays.mismatch(Arrays.copyOf(a.disk.seen, size), Arrays.copyOf(b.disk.seen, size)))
                .isNegative();
    }

    @Test
    void theNewPartIsBroughtInStepAndOnlyThat() throws Exception {
        a.disk.room = MOST;
        b.disk.room = MOST;
        a.volume.resize(0);
        assertThat(a.volume.mirror("B").dirty().count())
                .as("from the partial block on")
                .isEqualTo(14 - 8);
        // The world has not gone on: the client writes in the new part at once.
        client.grown(a.disk.seen);
        SimClient.Request written = client.write(a.volume, MOST / SimClient.CELL - 1, true);
        equal(MOST);
        assertThat(written.result).isZero();
    }

    /** What goes ahead of a stream must not end where the volume did when the mirror was made. */
    @Test
    void aStreamGoesOnBeyondTheOldEnd() throws Exception {
        a.disk.room = MOST;
        b.disk.room = MOST;
        a.volume.resize(0);
        client.grown(a.disk.seen);
        equal(MOST);
        for (int i = 0; i < 5; i++) {
            a.volume.tick(true);
            world.run(1000);
        }
        assertThat(a.volume.mirror("B").log().count()).as("at rest").isZero();
        for (int block = 7; block < 14; block++) {
            SimClient.Request written = client.write(a.volume, block * (IntentLog.BLOCK / SimClient.CELL), false);
            world.run(2000);
            assertThat(written.result).as("block " + block).isZero();
        }
        equal(MOST);
    }

    @Test
    void itIsNotMadeSmallerNorLargerThanItsStorage() {
        assertThatThrownBy(() -> a.volume.resize(SIZE - 512))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("is not made smaller");
        assertThatThrownBy(() -> a.volume.resize(SIZE + 512))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("has " + SIZE + " bytes here, less than " + (SIZE + 512));
        a.disk.room = MOST;
        assertThatThrownBy(() -> a.volume.resize(SIZE + 100)).hasMessageContaining("multiple of 512");
        assertThatThrownBy(() -> b.volume.resize(0)).hasMessageContaining("is not source here");
        equal(SIZE);
    }

    @Test
    void aTargetWithLessStorageRefusesUntilItHasAsMuch() throws Exception {
        a.disk.room = MOST;
        a.volume.resize(MOST - 512);
        world.run(2000);
        assertThat(a.state()).isEqualTo(MirrorState.PAUSED);
        assertThat(a.volume.mirror("B").detail()).contains("the volume is smaller here: " + SIZE + " bytes");
        assertThat(b.volume.size()).isEqualTo(SIZE);
        b.disk.room = MOST;
        equal(MOST - 512);
    }

    /** Nothing was answered alone, so B may take over; the part that nobody used is given up, also by the former source. */
    @Test
    void aTakeoverBeforeTheTargetKnewKeepsTheOldSize() throws Exception {
        a.disk.room = MOST;
        b.disk.room = MOST;
        world.partitioned = true;
        a.volume.resize(MOST);
        a.crash(false);
        b.volume.startSource(2, Trust.OWN);
        assertThat(b.volume.size()).isEqualTo(SIZE);
        a.start();
        assertThat(a.volume.size()).isEqualTo(MOST);
        a.volume.startTarget(2, "B", false);
        pair.heal();
        world.run(3000);
        assertThat(b.state()).isEqualTo(MirrorState.MIRRORING);
        assertThat(a.volume.size()).isEqualTo(SIZE);
        // What A knew of that part does not count when it is there again.
        a.disk.garbage(SIZE, 0x3333333333333333L);
        b.volume.resize(MOST);
        world.run(3000);
        assertThat(b.state()).isEqualTo(MirrorState.MIRRORING);
        assertThat(a.disk.seen).isEqualTo(b.disk.seen);
    }

    @Test
    void aSideWithMoreStorageThatTakesOverKeepsTheSize() throws Exception {
        b.disk.room = MOST;
        a.volume.stop(5000, behind -> {});
        world.run(1000);
        b.volume.startSource(2, Trust.RECORDED);
        assertThat(b.volume.size()).isEqualTo(SIZE);
        a.volume.startTarget(2, "B", false);
        world.run(1000);
        assertThat(b.state()).isEqualTo(MirrorState.MIRRORING);
    }

    @Test
    void storageThatBecameSmallerIsRefusedAtTheStart() throws IOException {
        b.crash(true);
        b.disk.room = SIZE - 512;
        assertThatThrownBy(b::start)
                .isInstanceOf(IOException.class)
                .hasMessageContaining(
                        "has " + (SIZE - 512) + " bytes, the volume has " + SIZE + ": it was made smaller");
        b.disk.room = SIZE;
        b.start();
        assertThat(b.volume.size()).isEqualTo(SIZE);
    }
}
