package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.io.Export;

/** Snapshots of targets: what they show, when they are refused, and that they harm nothing when they break. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SnapshotTest {
    private static final int BLOCK = IntentLog.BLOCK;
    private static final int SIZE = 24 * BLOCK;

    private final SimWorld world = new SimWorld(11);
    private final List<String> events = new ArrayList<>();

    private SimNode[] pair(MirrorType type) throws IOException, RefusedException {
        MirrorSettings settings = new MirrorSettings(
                Map.of("CurrencyWindowMs", 400L, "PingInterval", 60L, "MaxPingMisses", 4L, "ResumeDelayMs", 20L));
        SimNode a = new SimNode(world, "A", SIZE, type, settings);
        SimNode b = new SimNode(world, "B", SIZE, type, settings);
        a.peer = b;
        b.peer = a;
        b.events = events::add;
        a.start();
        b.start();
        a.volume.startSource(1, Trust.OWN);
        b.volume.startTarget(1, "A", false);
        world.run(500);
        assertThat(state(a)).isEqualTo(MirrorState.MIRRORING);
        return new SimNode[] {a, b};
    }

    private static MirrorState state(SimNode a) {
        return a.volume.mirror("B").state();
    }

    private SnapshotClient.Request change(SimNode a, int offset, int value) {
        return new SnapshotClient(world, new byte[SIZE]).write(a.volume, offset, BLOCK, value);
    }

    private Export take(SimNode[] pair, String id, SimDisk file) {
        String name = pair[1].volume.snapshots().prepare(id, BLOCK, pair[1].room(file));
        CompletableFuture<String> begun = new SnapshotMark(id, "B", List.of(pair[0].volume)).send();
        world.run(50);
        assertThat(begun).isCompletedWithValue("");
        assertThat(events).contains("snapshot v " + id + " active");
        assertThat(pair[1].volume.snapshots().export()).isEqualTo(name);
        return pair[1].volume.snapshots().find(name);
    }

    private byte[] read(Export snapshot) {
        SnapshotClient.Request all = new SnapshotClient(world, null).readAll(snapshot, SIZE);
        world.run(20);
        assertThat(all.result).isZero();
        return all.data().array();
    }

    // covers SNAP-001 SNAP-021 SNAP-030 SNAP-031 SNAP-032 SNAP-033 SNAP-034 SNAP-040
    @Test
    void itShowsTheMomentAndOnesOwnWritesUntilItIsDropped() throws Exception {
        SimNode[] pair = pair(MirrorType.SYNC);
        for (int i = 0; i < 20; i++) {
            change(pair[0], i * BLOCK, 1);
        }
        world.run(100);
        SimDisk file = new SimDisk(SIZE);
        Export snapshot = take(pair, "a1", file);
        for (int i = 0; i < 10; i++) {
            change(pair[0], i * BLOCK, 2);
        }
        SnapshotClient own = new SnapshotClient(world, pair[1].disk.seen.clone());
        for (int i = 10; i < 15; i++) {
            own.write(snapshot, i * BLOCK + 100, 1000, 3);
        }
        world.run(100);
        byte[] seen = read(snapshot);
        for (int i = 0; i < 20; i++) {
            assertThat(seen[i * BLOCK + 500]).isEqualTo((byte) (i >= 10 && i < 15 ? 3 : 1));
            assertThat(seen[i * BLOCK + 5000]).isEqualTo((byte) 1);
        }
        assertThat(status(pair[1])).containsEntry("blocks", 15L).containsEntry("bytes", 15L * BLOCK);
        assertThat(state(pair[0])).isEqualTo(MirrorState.MIRRORING);
        assertThat(pair[1].disk.seen).isEqualTo(pair[0].disk.seen);
        change(pair[0], 0, 4);
        world.run(50);
        assertThat(status(pair[1])).as("a block is copied once").containsEntry("blocks", 15L);

        assertThat(pair[1].volume.snapshots().drop("by the test")).isTrue();
        SnapshotClient.Request late = own.write(snapshot, 0, 10, 9);
        world.run(50);
        assertThat(late.result).isEqualTo(BlockRequest.ESHUTDOWN);
        assertThat(snapshot.attach(() -> {})).isFalse();
        assertThat(pair[1].closedRooms).isOne();
        assertThat(pair[1].disk.seen).isEqualTo(pair[0].disk.seen);
        assertThat(pair[1].volume.snapshots().drop("again")).isFalse();
        take(pair, "a2", new SimDisk(SIZE));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> status(SimNode node) {
        return (Map<String, Object>) node.volume.status().volume().get("snapshot");
    }

    // covers SNAP-013 SNAP-054
    @Test
    void aFullFileEndsTheSnapshotAndNothingElse() throws Exception {
        SimNode[] pair = pair(MirrorType.SYNC);
        change(pair[0], 0, 1);
        world.run(50);
        SimDisk file = new SimDisk(SIZE);
        Export snapshot = take(pair, "a1", file);
        file.failing = true;
        SnapshotClient.Request change = change(pair[0], 0, 2);
        world.run(100);
        assertThat(change.result).isZero();
        assertThat(state(pair[0])).isEqualTo(MirrorState.MIRRORING);
        assertThat(pair[1].disk.seen).isEqualTo(pair[0].disk.seen);
        assertThat(pair[1].volume.snapshots().find("v@snapshot-a1")).isNull();
        assertThat(events).contains("snapshot v a1 dropped");
        assertThat(String.valueOf(status(pair[1]).get("last"))).contains("an old block cannot be kept");
        assertThat(pair[1].closedRooms).isOne();
        SnapshotClient.Request read = new SnapshotClient(world, new byte[SIZE]).readAll(snapshot);
        world.run(20);
        assertThat(read.result).isEqualTo(BlockRequest.ESHUTDOWN);
    }

    // covers SNAP-050
    @Test
    void whenItIsRefused() throws Exception {
        SimNode[] pair = pair(MirrorType.SYNC);
        Snapshots snapshots = pair[1].volume.snapshots();
        assertThatThrownBy(() -> pair[0].volume.snapshots().checkReady()).hasMessageContaining("is not target here");
        snapshots.prepare("a1", BLOCK, pair[1].room(new SimDisk(SIZE)));
        assertThatThrownBy(snapshots::checkReady).hasMessageContaining("drop it first");
        CompletableFuture<String> other = new SnapshotMark("ff", "B", List.of(pair[0].volume)).send();
        world.run(50);
        assertThat(other).isCompletedWithValue("B did not begin the snapshot of v");
        assertThat(state(pair[0])).isEqualTo(MirrorState.MIRRORING);
        assertThat(snapshots.export()).isEmpty();
        world.run(61_000);
        assertThat(status(pair[1])).containsEntry("last", "the source's marker did not come");
        assertThat(pair[1].closedRooms).isOne();
        pair[0].volume.pause("B");
        world.run(100);
        assertThatThrownBy(snapshots::checkReady).hasMessageContaining("not in state Mirroring");
        assertThatThrownBy(() -> new SnapshotMark("a2", "B", List.of(pair[0].volume)).send())
                .hasMessageContaining("is in state PAUSED");
        pair[0].crash(false);
        world.run(1000);
        assertThatThrownBy(snapshots::checkReady).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aResynchronisationGoesOnUnderneath() throws Exception {
        SimNode[] pair = pair(MirrorType.SYNC);
        change(pair[0], 0, 1);
        world.run(50);
        Export snapshot = take(pair, "a1", new SimDisk(SIZE));
        byte[] before = pair[1].disk.seen.clone();
        pair[0].volume.pause("B");
        for (int i = 0; i < 20; i++) {
            change(pair[0], i * BLOCK, 7);
        }
        world.run(500);
        assertThat(read(snapshot)).as("the source is away").isEqualTo(before);
        pair[0].volume.resync("B");
        world.run(2000);
        assertThat(state(pair[0])).isEqualTo(MirrorState.MIRRORING);
        assertThat(pair[1].disk.seen).isEqualTo(pair[0].disk.seen);
        assertThat(read(snapshot)).isEqualTo(before);
    }

    // covers SNAP-050
    @Test
    void aTakeoverDoesNotWaitForIt() throws Exception {
        SimNode[] pair = pair(MirrorType.SYNC);
        change(pair[0], 0, 1);
        world.run(50);
        Export snapshot = take(pair, "a1", new SimDisk(SIZE));
        pair[0].crash(true);
        world.run(50);
        assertThat(pair[1].volume.snapshots().find("v@snapshot-a1")).isNotNull();
        pair[1].volume.startSource(2, Trust.OWN);
        world.run(50);
        assertThat(pair[1].volume.serving()).isTrue();
        assertThat(status(pair[1])).containsEntry("last", "the volume becomes source here");
        SnapshotClient.Request write = new SnapshotClient(world, new byte[SIZE]).write(snapshot, 0, BLOCK, 9);
        world.run(50);
        assertThat(write.result).isEqualTo(BlockRequest.ESHUTDOWN);
        assertThat(pair[1].disk.seen[0]).isEqualTo((byte) 1);
    }

    /** A database that writes its log on one volume, waits, and then its data on another. */
    // covers SNAP-020
    @Test
    void severalVolumesHaveOneMoment() throws Exception {
        for (int round = 0; round < 20; round++) {
            SimNode[] first = pair(MirrorType.ASYNC);
            SimNode[] second = pair(MirrorType.ASYNC);
            for (int i = 1; i <= 20; i++) {
                settled(change(first[0], 0, i));
                settled(change(second[0], 0, i));
            }
            settled(change(first[0], 0, 21));
            first[1].volume.snapshots().prepare("a1", BLOCK, first[1].room(new SimDisk(SIZE)));
            second[1].volume.snapshots().prepare("a1", BLOCK, second[1].room(new SimDisk(SIZE)));
            CompletableFuture<String> begun =
                    new SnapshotMark("a1", "B", List.of(first[0].volume, second[0].volume)).send();
            for (int i = 21; i <= 40; i++) {
                settled(change(second[0], 0, i));
                settled(change(first[0], 0, i + 1));
            }
            world.run(100);
            assertThat(begun).isCompletedWithValue("");
            assertThat(read(first[1].volume.snapshots().find("v@snapshot-a1"))[0])
                    .isEqualTo((byte) 21);
            assertThat(read(second[1].volume.snapshots().find("v@snapshot-a1"))[0])
                    .isEqualTo((byte) 20);
        }
    }

    @Test
    void theMarkHoldsNoVolumeUpWhileAnotherIsBusy() throws Exception {
        Volume free = pair(MirrorType.SYNC)[0].volume;
        Volume busy = pair(MirrorType.SYNC)[0].volume;
        SnapshotMark mark = new SnapshotMark("a1", "B", List.of(free, busy));
        CountDownLatch saving = new CountDownLatch(1);
        CountDownLatch works = new CountDownLatch(1);
        ExecutorService threads = Executors.newCachedThreadPool();
        CompletableFuture<Void> save = CompletableFuture.runAsync(
                () -> busy.locked(() -> {
                    saving.countDown();
                    await(works);
                }),
                threads);
        await(saving);
        CompletableFuture<?> marking = CompletableFuture.supplyAsync(mark::send, threads);
        try {
            while (!marking.isDone()) {
                assertThat(free.tryLock(TimeUnit.SECONDS.toNanos(10)))
                        .as("its clients do not wait")
                        .isTrue();
                free.unlock();
            }
            assertThatThrownBy(marking::get).hasMessageContaining("the volume v is busy");
        } finally {
            works.countDown();
            threads.shutdown();
        }
        save.get(60, TimeUnit.SECONDS);
        assertThat(mark.send()).as("nothing stays locked").isNotDone();
    }

    private void settled(SnapshotClient.Request request) {
        for (int i = 0; i < 10_000 && request.result < 0; i++) {
            world.runNanos(20_000);
        }
        assertThat(request.result).isZero();
    }

    // covers SNAP-035 TUN-119
    @Test
    void blockSizes() {
        assertThat(SnapshotMap.blockSize(0, SIZE)).isEqualTo(65536);
        assertThat(SnapshotMap.blockSize(0, 16L << 40)).isEqualTo(512 << 10);
        assertThat(SnapshotMap.blockSize(512 * 3, SIZE)).isEqualTo(1536);
        assertThatThrownBy(() -> SnapshotMap.blockSize(1000, SIZE)).hasMessageContaining("a multiple of 512");
        assertThatThrownBy(() -> SnapshotMap.blockSize(2 << 20, SIZE)).hasMessageContaining("at most 1048576");
        assertThatThrownBy(() -> SnapshotMap.blockSize(4096, 1L << 40)).hasMessageContaining("too small for a volume");
    }

    // ---- a file, or a volume, that hangs: real threads ----

    private class HangingRoom implements SnapshotRoom {
        final ExecutorService threads = Executors.newCachedThreadPool();
        final SimDisk file = new SimDisk(SIZE);
        final CountDownLatch works = new CountDownLatch(1);
        final CountDownLatch hangs = new CountDownLatch(1);

        HangingRoom() {
            file.hook(() -> {
                hangs.countDown();
                SnapshotTest.await(works);
            });
        }

        @Override
        public SimDisk file() {
            return file;
        }

        @Override
        public Executor copier() {
            return threads;
        }

        @Override
        public Executor clients() {
            return threads;
        }

        @Override
        public void close() {
            works.countDown();
            threads.shutdown();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Snapshot hanging(HangingRoom room, SimDisk disk, List<String> broken) throws IOException, RefusedException {
        SimNode node = pair(MirrorType.SYNC)[1];
        node.realTime = true;
        return new Snapshot("a1", disk, disk.size(), room, BLOCK, node, broken::add);
    }

    private static HoldUp holdUp(long millis, BooleanSupplier over, Runnable alive) {
        return new HoldUp(TimeUnit.MILLISECONDS.toNanos(millis), System.nanoTime(), over, alive);
    }

    @Test
    void aFileThatHangsHoldsTheTargetUpForAShortTimeOnly() throws Exception {
        HangingRoom room = new HangingRoom();
        List<String> broken = new ArrayList<>();
        SimDisk disk = new SimDisk(SIZE);
        Arrays.fill(disk.seen, (byte) 1);
        Snapshot snapshot = hanging(room, disk, broken);
        int[] alive = new int[1];
        boolean changeable = snapshot.preserve(0, BLOCK, holdUp(600, () -> false, () -> alive[0]++));
        assertThat(changeable).isTrue();
        assertThat(broken).hasSize(1).first().asString().contains("took too long");
        assertThat(alive[0]).as("the source is heard meanwhile").isPositive();
        assertThat(snapshot.lives()).isFalse();
        snapshot.preserve(BLOCK, BLOCK, holdUp(3_600_000, () -> false, () -> {}));
        room.close();
        assertThat(room.threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        assertThat(broken).hasSize(1);
    }

    @Test
    void aClientThatHangsHoldsTheTargetUpForAShortTimeOnly() throws Exception {
        HangingRoom room = new HangingRoom();
        List<String> broken = new ArrayList<>();
        Snapshot snapshot = hanging(room, new SimDisk(SIZE), broken);
        SnapshotClient.Request write = new SnapshotClient(world, new byte[SIZE]).write(snapshot, 0, BLOCK, 3);
        await(room.hangs);
        snapshot.preserve(0, BLOCK, holdUp(600, () -> false, () -> {}));
        assertThat(broken).hasSize(1);
        room.close();
        assertThat(room.threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        assertThat(write.result).as("it does not hear that it was done").isEqualTo(BlockRequest.ESHUTDOWN);
    }

    @Test
    void aCopyThatLacksMemoryEndsTheSnapshotOnly() throws Exception {
        HangingRoom room = new HangingRoom();
        room.file.hook(() -> {
            throw new OutOfMemoryError("simulated");
        });
        List<String> broken = new ArrayList<>();
        SimDisk disk = new SimDisk(SIZE);
        Arrays.fill(disk.seen, (byte) 1);
        Snapshot snapshot = hanging(room, disk, broken);
        assertThat(snapshot.preserve(0, BLOCK, holdUp(60_000, () -> false, () -> {})))
                .isTrue();
        assertThat(broken).hasSize(1).first().asString().contains("OutOfMemoryError: simulated");
        assertThat(snapshot.lives()).isFalse();
        room.close();
    }

    @Test
    void aCopierWithoutAThreadEndsTheSnapshotOnly() throws Exception {
        HangingRoom room = new HangingRoom() {
            @Override
            public Executor copier() {
                return job -> {
                    throw new OutOfMemoryError("unable to create native thread");
                };
            }
        };
        List<String> broken = new ArrayList<>();
        Snapshot snapshot = hanging(room, new SimDisk(SIZE), broken);
        assertThat(snapshot.preserve(0, BLOCK, holdUp(60_000, () -> false, () -> {})))
                .isTrue();
        assertThat(broken).hasSize(1).first().asString().contains("unable to create native thread");
        room.close();
    }

    @Test
    void whatAConnectionThatIsOverWantsToChangeIsNotWaitedFor() throws Exception {
        HangingRoom room = new HangingRoom();
        List<String> broken = new ArrayList<>();
        SimDisk disk = new SimDisk(SIZE);
        Arrays.fill(disk.seen, (byte) 1);
        Snapshot snapshot = hanging(room, disk, broken);
        assertThat(snapshot.preserve(0, BLOCK, holdUp(3_600_000, () -> room.hangs.getCount() == 0, () -> {})))
                .as("nothing may be changed: it is not kept yet")
                .isFalse();
        assertThat(snapshot.lives()).as("another connection may come").isTrue();
        assertThat(broken).isEmpty();
        room.works.countDown();
        assertThat(snapshot.preserve(0, BLOCK, holdUp(3_600_000, () -> false, () -> {})))
                .isTrue();
        assertThat(snapshot.blocks()).isOne();
        room.close();
    }

    @Test
    void zerosTakeNoSpace() {
        assertThat(SnapshotMap.zeros(ByteBuffer.allocateDirect(BLOCK))).isTrue();
        assertThat(SnapshotMap.zeros(ByteBuffer.allocateDirect(BLOCK).put(BLOCK - 1, (byte) 1)))
                .isFalse();
    }
}
