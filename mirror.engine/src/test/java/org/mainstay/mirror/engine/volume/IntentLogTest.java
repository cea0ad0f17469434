package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IntentLogTest {
    private static final long GIB = 1L << 30;

    private static SimDisk disk(long volume) {
        return new SimDisk((int) IntentLog.fileSize(volume));
    }

    // covers MIR-072
    @Test
    void hasOneBitPerBlockAndFewMore() {
        // 640 GiB: 1,310,720 bytes of bits (MIR-072), and 8 bytes of checksum per 504.
        assertThat(IntentLog.fileSize(640 * GIB)).isBetween(1_310_720L, 1_310_720L * 512 / 504 + 1024);
        assertThat(IntentLog.blocks(GIB + 1)).isEqualTo(16385);
    }

    // covers MIR-070
    @Test
    void aMarkCountsOnlyWhenItIsOnStorage() throws IOException {
        SimDisk file = disk(GIB);
        IntentLog log = IntentLog.create(file, GIB);
        log.mark(7, 9);
        assertThat(log.covers(7, 9)).isFalse();
        log.commit();
        assertThat(log.covers(7, 9)).isTrue();
        assertThat(log.covers(7, 10)).isFalse();
        file.powerLoss(new Random(1));
        assertThat(IntentLog.open(file, GIB).marked().all(7, 9)).isTrue();
    }

    /** Who wrote it died before it was on storage: what is read then is in the page cache only. */
    @Test
    void aMarkThatWasReadCountsOnlyWhenItWasWrittenAgain() throws IOException {
        SimDisk file = disk(GIB);
        IntentLog log = IntentLog.create(file, GIB);
        log.mark(7, 9);
        int[] steps = {0};
        file.hook(() -> {
            if (++steps[0] == 3) {
                throw new SimWorld.Crash();
            }
        });
        assertThatThrownBy(log::commit).isInstanceOf(SimWorld.Crash.class);
        file.hook(() -> {});
        IntentLog again = IntentLog.open(file, GIB);
        assertThat(again.marked().all(7, 9)).as("it reached the page cache").isTrue();
        assertThat(again.covers(7, 9)).isFalse();
        again.mark(8, 9);
        again.commit();
        assertThat(again.covers(7, 9)).isTrue();
        file.powerLoss(new Random(1));
        assertThat(IntentLog.open(file, GIB).marked().all(7, 9)).isTrue();
    }

    @Test
    void aClearedMarkIsNotReliedOnEvenBeforeItIsWritten() throws IOException {
        IntentLog log = IntentLog.create(disk(GIB), GIB);
        log.mark(0, 100);
        log.commit();
        Bits clean = new Bits(IntentLog.blocks(GIB));
        clean.set(5);
        log.clear(clean);
        assertThat(log.covers(5, 6)).isFalse();
        log.mark(5, 6);
        log.commit();
        assertThat(log.covers(0, 100)).isTrue();
    }

    // covers MIR-199
    @Test
    void damageMeansEverythingThereMayDiffer() throws IOException {
        SimDisk file = disk(GIB);
        IntentLog log = IntentLog.create(file, GIB);
        log.mark(0, 1);
        log.commit();
        file.write(ByteBuffer.wrap(new byte[] {99}), 512 + 512 + 100);
        Bits marked = IntentLog.open(file, GIB).marked();
        assertThat(marked.get(1)).isFalse();
        assertThat(marked.all(4032, 2 * 4032)).isTrue();
        assertThat(marked.count()).isEqualTo(1 + 4032);
    }

    @Test
    void whatIsNoLogIsRefused() throws IOException {
        SimDisk file = disk(GIB);
        IntentLog.create(file, GIB);
        file.write(ByteBuffer.wrap(new byte[] {99}), 9);
        assertThatThrownBy(() -> IntentLog.open(file, GIB)).hasMessageContaining("not the intent log");
        SimDisk cut = disk(GIB);
        IntentLog.create(cut, GIB);
        cut.room -= 512;
        assertThatThrownBy(() -> IntentLog.open(cut, GIB)).hasMessageContaining("not the intent log");
    }

    /** The volume grew, and the process died before its log was told. */
    @Test
    void whatALogDoesNotKnowOfIsMarked() throws IOException {
        long grown = GIB + 3000L * IntentLog.BLOCK + 512;
        SimDisk file = disk(grown);
        IntentLog.create(file, GIB - 512);
        Bits marked = IntentLog.open(file, grown).marked();
        assertThat(marked.next(0)).isEqualTo(IntentLog.blocks(GIB) - 1);
        assertThat(marked.count()).isEqualTo(1 + 3000 + 1);
        assertThat(IntentLog.open(file, GIB - 512).marked().count()).isZero();
    }

    /** At whatever step it dies. */
    @Test
    void whatIsNewIsMarkedUntilItIsCleared() throws IOException {
        long grown = GIB + 5000L * IntentLog.BLOCK;
        for (int fuse = 1; fuse < 12; fuse++) {
            SimDisk file = disk(grown);
            // It was as large before, and in step.
            IntentLog log = IntentLog.create(file, grown);
            log.resize(GIB);
            log.commit();
            int[] steps = {fuse};
            file.hook(() -> {
                if (--steps[0] == 0) {
                    throw new SimWorld.Crash();
                }
            });
            log.resize(grown);
            assertThat(log.marked().count()).isEqualTo(5000);
            try {
                log.commit();
                assertThat(log.covers(IntentLog.blocks(GIB), IntentLog.blocks(grown)))
                        .isTrue();
            } catch (SimWorld.Crash e) {
                assertThat(steps[0]).isZero();
            }
            file.hook(() -> {});
            file.powerLoss(new Random(fuse));
            Bits marked = IntentLog.open(file, grown).marked();
            assertThat(marked.next(0)).as("fuse " + fuse).isEqualTo(IntentLog.blocks(GIB));
            assertThat(marked.count()).isEqualTo(5000);
        }
    }
}
