package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MarkAheadTest {
    private static final long GIB = 1L << 30;
    private static final int BLOCKS = IntentLog.blocks(16 * GIB);
    private static final int MOST = 16384;
    private static final int MIB = 16;

    private final MarkAhead ahead = new MarkAhead(BLOCKS, MOST);
    private IntentLog log;
    private long now = TimeUnit.HOURS.toNanos(1);
    private int commits;
    private int waits;

    @BeforeEach
    void open() throws IOException {
        log = IntentLog.create(new SimDisk((int) IntentLog.fileSize(16 * GIB)), 16 * GIB);
    }

    /** As {@link Mirror#logged} and the commit that follows. */
    private void change(int first, int last) throws IOException {
        now += TimeUnit.MILLISECONDS.toNanos(1);
        if (log.covers(first, last)) {
            if (!ahead.hit(log, first, last, now)) {
                return;
            }
        } else {
            ahead.miss(log, first, last, now);
            waits++;
        }
        commits++;
        log.commit();
        assertThat(log.covers(first, last)).isTrue();
    }

    @Test
    void aSingleChangeMarksItsBlocksOnly() throws IOException {
        for (int i = 0; i < 100; i++) {
            now += TimeUnit.SECONDS.toNanos(1);
            change(1000 * i, 1000 * i + 1);
        }
        assertThat(log.count()).isEqualTo(100);
    }

    @Test
    void aBurstWaitsOncePerExtentAndMarksNoMoreThanMayBeMarked() throws IOException {
        for (int i = 0; i < 16384; i++) {
            // Each block of 512 MiB once, in an order that no stream has.
            int block = i * 4099 % 8192;
            change(block, block + 1);
        }
        assertThat(waits).as("some single ones, then extents of 4 to 32 MiB").isLessThan(70);
        for (int i = 0; i < 2 * MOST; i++) {
            int block = 8192 + (int) (i * 40503L % (BLOCKS - 8192));
            change(block, block + 1);
            assertThat(log.count()).isLessThanOrEqualTo(MOST + 1 + i);
        }
    }

    @Test
    void aStreamWaitsAtItsBeginningOnly() throws IOException {
        for (int block = 0; block < 4096 * MIB; block += MIB) {
            // Two requests of 1 MiB in the wrong order, as they come from several in flight.
            int at = block ^ MIB;
            change(at, at + MIB);
        }
        assertThat(waits).isLessThan(20);
        assertThat(commits).isLessThan(4096 / 32 + 20);
        assertThat(log.count()).as("no more than one step ahead").isLessThan((4096 + 128) * MIB);
    }

    @Test
    void aStreamThatStoppedMarksNothingMore() throws IOException {
        for (int block = 0; block < 100 * MIB; block += MIB) {
            change(block, block + MIB);
        }
        int marked = log.count();
        now += TimeUnit.SECONDS.toNanos(3);
        for (int i = 0; i < 1000; i++) {
            change(i % (100 * MIB), i % (100 * MIB) + 1);
        }
        assertThat(log.count()).isEqualTo(marked);
    }

    @Test
    void inASmallVolumeExtentsAreSmall() throws IOException {
        MarkAhead small = new MarkAhead(128, MOST);
        for (int i = 0; i < 8; i++) {
            small.miss(log, 16 * i + 8, 16 * i + 9, now);
        }
        assertThat(log.count()).isBetween(9, 8 * 8);
    }
}
