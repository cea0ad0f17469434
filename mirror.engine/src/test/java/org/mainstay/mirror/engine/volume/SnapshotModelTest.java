package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mainstay.mirror.engine.io.Export;

/**
 * Snapshots of a target under writes of its source, writes of its own clients, resynchronisations, full, broken and slow files, crashes of
 * both sides at any step, and takeovers. Checked: what is read is the target at the moment of the snapshot and the clients' own writes; no
 * snapshot ever pauses the mirror; both sides become equal. More runs: {@code -Dmainstay.mirror.seeds=10000 -Dmainstay.mirror.seed=FIRST}.
 */
class SnapshotModelTest {
    private static final int SIZE = 12 * IntentLog.BLOCK + 8192;

    // covers SNAP-021 SNAP-034 SNAP-054
    @Test
    void aSnapshotStaysAsItWasAndHarmsNothing() throws IOException {
        long first = Long.getLong("mainstay.mirror.seed", 1);
        long count = Long.getLong("mainstay.mirror.seeds", 300);
        long[] sums = new long[4];
        for (long seed = first; seed < first + count; seed++) {
            Run run = new Run(seed);
            try {
                run.all();
            } catch (IOException | RefusedException | RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + "\n" + run.client.tail(), e);
            }
            sums[0] += run.begun;
            sums[1] += run.answered;
            sums[2] += run.broken;
            sums[3] += run.takeovers;
        }
        assertThat(sums[0]).as("snapshots").isGreaterThan(count);
        assertThat(sums[1]).as("requests to snapshots").isGreaterThan(10 * count);
        assertThat(sums[2]).as("broken ones").isGreaterThan(count / 20);
        assertThat(sums[3]).as("takeovers").isGreaterThan(count / 20);
        System.out.printf(
                "%d seeds: %d snapshots, %d requests, %d broken, %d takeovers%n",
                count, sums[0], sums[1], sums[2], sums[3]);
    }

    private static final class Run {
        final SimWorld world;
        final SimClient client;
        final boolean sync;
        SimNode source;
        SimNode target;
        long epoch = 1;
        int id;
        SimDisk file;
        /** Whether the source changes more at once than a slow copy keeps up with. */
        boolean hurried;

        SnapshotClient reader;
        Export export;
        long begun;
        long answered;
        long broken;
        long takeovers;

        Run(long seed) {
            // The first values of generators with neighbouring seeds are alike.
            world = new SimWorld(seed * 0x9E3779B97F4A7C15L);
            sync = world.random.nextBoolean();
            MirrorSettings settings = new MirrorSettings(Map.of(
                    "CurrencyWindowMs", 400L,
                    "PingInterval", 60L,
                    "MaxPingMisses", 4L,
                    "ResumeDelayMs", 20L,
                    "ResyncCompare", (long) world.random.nextInt(2)));
            MirrorType type = sync ? MirrorType.SYNC : MirrorType.ASYNC;
            source = new SimNode(world, "A", SIZE, type, settings);
            target = new SimNode(world, "B", SIZE, type, settings);
            source.peer = target;
            target.peer = source;
            client = new SimClient(world, SIZE / SimClient.CELL * SimClient.CELL);
        }

        void all() throws IOException, RefusedException {
            source.start();
            target.start();
            source.volume.startSource(epoch, Trust.OWN);
            target.volume.startTarget(epoch, source.name, false);
            world.run(400);
            for (int i = 0; i < 200; i++) {
                step();
                repair();
            }
            settle();
        }

        private void step() {
            int dice = world.random.nextInt(100);
            if (dice < 40) {
                if (client.outstanding < 60) {
                    source.exec(source.life(), () -> client.act(source.volume));
                }
                world.runNanos(world.random.nextInt(3_000_000));
            } else if (dice < 70) {
                local();
            } else if (dice < 80) {
                take();
            } else if (dice < 82) {
                target.exec(target.life(), () -> target.volume.snapshots().drop("by the test"));
            } else if (dice < 84 && file != null) {
                file.failing = true;
            } else if (dice < 87) {
                pauseOrContinue();
            } else if (dice < 89 && file != null) {
                hurried = true;
            } else if (dice < 92) {
                SimNode dies = world.random.nextBoolean() ? source : target;
                dies.fusePower = world.random.nextInt(3) == 0;
                dies.fuse = 1 + world.random.nextInt(60);
            } else {
                world.run(world.random.nextInt(120));
            }
        }

        /** What clients of the snapshot do. Its export may have ended: then nothing is answered but that. */
        private void local() {
            if (export != null) {
                target.exec(target.life(), () -> {
                    for (int i = world.random.nextInt(4); i >= 0; i--) {
                        reader.act(export);
                    }
                });
                world.runNanos(world.random.nextInt(4_000_000));
            }
        }

        private void take() {
            SimDisk fresh = new SimDisk(SIZE);
            String name = Integer.toHexString(++id);
            int[] blocks = {4096, 65536, 131072, 512 * 3};
            int[] slow = {0, 0, 300_000, 3_000_000, 30_000_000};
            target.copyNanos = slow[world.random.nextInt(slow.length)];
            boolean[] prepared = new boolean[1];
            SimNode here = target;
            here.events = line -> {
                if (line.equals("snapshot v " + name + " active")) {
                    count();
                    begun++;
                    file = fresh;
                    reader = new SnapshotClient(world, here.disk.seen.clone());
                    export = here.volume.snapshots().find("v@snapshot-" + name);
                    assertThat(export).isNotNull();
                }
            };
            here.exec(here.life(), () -> {
                try {
                    here.volume
                            .snapshots()
                            .prepare(name, blocks[world.random.nextInt(blocks.length)], here.room(fresh));
                    prepared[0] = true;
                } catch (IllegalStateException e) {
                    world.say("no snapshot: " + e.getMessage());
                }
            });
            if (prepared[0]) {
                source.exec(source.life(), () -> {
                    try {
                        var unused = new SnapshotMark(name, target.name, java.util.List.of(source.volume)).send();
                    } catch (IllegalStateException e) {
                        world.say("no marker: " + e.getMessage());
                    }
                });
            }
        }

        private void count() {
            answered += reader == null ? 0 : reader.answered;
        }

        private void pauseOrContinue() {
            boolean pause = world.random.nextBoolean();
            source.exec(source.life(), () -> {
                if (pause) {
                    source.volume.pause(target.name);
                } else {
                    source.volume.resume(target.name);
                }
            });
        }

        private MirrorState state() {
            return source.volume.mirror(target.name).state();
        }

        private void repair() throws IOException, RefusedException {
            if (file != null && (file.failing || hurried)) {
                mirrorStays();
            }
            if (!target.up()) {
                forget();
                world.run(world.random.nextInt(700));
                if (source.up()) {
                    target.start();
                    assertThat(target.volume.snapshots().find("v@snapshot-" + Integer.toHexString(id)))
                            .as("a snapshot does not outlive its engine")
                            .isNull();
                    target.exec(target.life(), () -> asTarget(target, source));
                }
            }
            if (!source.up()) {
                sourceIsBack();
            }
        }

        /** The file takes nothing any more, or much at once: the snapshot goes, the mirror does not. */
        private void mirrorStays() {
            boolean whole = source.up()
                    && target.up()
                    && state() == MirrorState.MIRRORING
                    && target.fuse < 0
                    && source.fuse < 0;
            if (whole) {
                boolean kept = export
                        == target.volume
                                .snapshots()
                                .find(target.volume.snapshots().export());
                int acts = hurried ? 60 : 1;
                for (int i = 0; i < (hurried ? 120 : 12); i++) {
                    for (int j = 0; i % 10 == 0 && j < acts || j < 1; j++) {
                        source.exec(source.life(), () -> client.act(source.volume));
                    }
                    world.run(20);
                    assertThat(state())
                            .as("whatever becomes of the snapshot\n%s", client.tail())
                            .isEqualTo(MirrorState.MIRRORING);
                }
                broken += kept
                                && target.up()
                                && target.volume.snapshots().export().isEmpty()
                        ? 1
                        : 0;
            }
            boolean failed = file.failing;
            file.failing = false;
            hurried = false;
            if (whole && failed) {
                forget();
            }
        }

        private void forget() {
            count();
            export = null;
            reader = null;
            file = null;
        }

        private void sourceIsBack() throws IOException, RefusedException {
            boolean power = source.fusePower;
            // What an asynchronous target holds then is not the matter here.
            if (sync && target.up() && world.random.nextBoolean() && promoted()) {
                takeovers++;
                assertThat(target.volume.snapshots().export())
                        .as("a source has no snapshot")
                        .isEmpty();
                client.adopt(target.disk.seen, sync, "takeover by " + target.name);
                forget();
                SimNode old = source;
                source = target;
                target = old;
                target.start();
                target.exec(target.life(), () -> asTarget(target, source));
                return;
            }
            source.start();
            client.adopt(source.disk.seen, !power, "restart of " + source.name);
            epoch++;
            source.volume.startSource(epoch, Trust.OWN);
            if (target.up()) {
                target.exec(target.life(), () -> asTarget(target, source));
            }
        }

        private boolean promoted() {
            boolean[] done = new boolean[1];
            target.exec(target.life(), () -> {
                try {
                    target.volume.startSource(epoch + 1, Trust.OWN);
                    done[0] = true;
                } catch (RefusedException e) {
                    world.say("refuses: " + e.getMessage());
                }
            });
            epoch += done[0] ? 1 : 0;
            return done[0] && target.up();
        }

        private void asTarget(SimNode node, SimNode of) {
            try {
                node.volume.startTarget(epoch, of.name, true);
            } catch (RefusedException e) {
                throw new AssertionError(e);
            }
        }

        /** A source may not have noticed yet that its target was started again. */
        private boolean inStep() {
            return state() == MirrorState.MIRRORING && target.volume.target().inStep();
        }

        private void settle() throws IOException, RefusedException {
            source.fuse = -1;
            target.fuse = -1;
            repair();
            repair();
            source.fuse = -1;
            target.fuse = -1;
            source.exec(source.life(), () -> source.volume.resume(target.name));
            for (int i = 0; i < 400 && (!inStep() || client.outstanding > 0); i++) {
                world.run(50);
            }
            assertThat(inStep())
                    .as("a whole pair gets in step\n%s", client.tail())
                    .isTrue();
            if (export != null) {
                reader.readAll(export);
            }
            world.run(200);
            count();
            assertThat(Arrays.mismatch(source.disk.seen, target.disk.seen))
                    .as("first differing byte of sides in step\n%s", client.tail())
                    .isNegative();
        }
    }
}
