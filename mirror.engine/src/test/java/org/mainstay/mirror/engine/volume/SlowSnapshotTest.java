package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Snapshots whose copies take their time, each less than would be noticed: the source is never made to give its target up. */
class SlowSnapshotTest {
    private static final int BLOCK = 512;
    private static final int WRITES = 2000;
    private static final int SIZE = 16 * IntentLog.BLOCK;

    private final SimWorld world = new SimWorld(5);
    private SimNode source;
    private SimNode target;

    @BeforeEach
    void pair() throws IOException, RefusedException {
        MirrorSettings settings = new MirrorSettings(
                Map.of("CurrencyWindowMs", 400L, "PingInterval", 60L, "MaxPingMisses", 4L, "ResumeDelayMs", 20L));
        source = new SimNode(world, "A", SIZE, MirrorType.ASYNC, settings);
        target = new SimNode(world, "B", SIZE, MirrorType.ASYNC, settings);
        source.peer = target;
        target.peer = source;
        source.start();
        target.start();
        source.volume.startSource(1, Trust.OWN);
        target.volume.startTarget(1, "A", false);
        world.run(500);
        for (int i = 0; i < WRITES; i++) {
            write(i, 1);
        }
        world.run(500);
        assertThat(target.disk.seen).isEqualTo(source.disk.seen);
        target.volume.snapshots().prepare("a1", BLOCK, target.room(new SimDisk(SIZE)));
        CompletableFuture<String> begun = new SnapshotMark("a1", "B", List.of(source.volume)).send();
        world.run(50);
        assertThat(begun).isCompletedWithValue("");
    }

    private SnapshotClient.Request write(int block, int value) {
        return new SnapshotClient(world, null).write(source.volume, block * BLOCK, BLOCK, value);
    }

    private void checkMirroring() {
        assertThat(source.volume.mirror("B").state()).as("%s", world.trace).isEqualTo(MirrorState.MIRRORING);
    }

    @Test
    void aBurstEndsTheSnapshotAndNothingElse() {
        target.copyNanos = 10_000_000;
        for (int i = 0; i < WRITES; i++) {
            write(i, 2);
        }
        for (int i = 0; i < 200; i++) {
            world.run(20);
            checkMirroring();
        }
        assertThat(target.volume.snapshots().export()).isEmpty();
        assertThat(String.valueOf(target.volume.status().volume().get("snapshot")))
                .contains("keeping old blocks took too long");
        assertThat(target.closedRooms).isOne();
        assertThat(target.disk.seen).isEqualTo(source.disk.seen);
    }

    @Test
    void whoKeepsUpMayTakeAllTheTime() {
        target.copyNanos = 10_000_000;
        byte[] before = target.disk.seen.clone();
        for (int i = 0; i < 300; i++) {
            write(i, 2);
            world.run(11);
            checkMirroring();
        }
        world.run(100);
        assertThat(target.volume.snapshots().export()).as("%s", world.trace).isEqualTo("v@snapshot-a1");
        assertThat(target.disk.seen).isEqualTo(source.disk.seen);
        SnapshotClient.Request read = new SnapshotClient(world, before)
                .readAll(target.volume.snapshots().find("v@snapshot-a1"));
        world.run(50);
        assertThat(read.result).isZero();
    }

    @Test
    void theSourceHearsInTheMidstOfMuch() {
        target.copyNanos = 10_000_000;
        for (int i = 0; i < 10; i++) {
            write(i, 2);
        }
        world.run(200);
        checkMirroring();
        assertThat(target.volume.snapshots().export()).as("a small burst").isEqualTo("v@snapshot-a1");
        assertThat(target.disk.seen).isEqualTo(source.disk.seen);
    }
}
