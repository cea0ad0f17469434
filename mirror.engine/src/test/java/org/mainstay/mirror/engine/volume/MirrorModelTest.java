package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Crashes sources, targets, networks and both at any step, with power and without, and checks: what a synchronous mirror
 * acknowledged is on a side that may take over by itself, and what was flushed on an asynchronous one; a target is of one past
 * moment; what was flushed survives power loss; in step means byte for byte equal; nobody who may be stale is promoted unless forced; both sides written means split brain;
 * a volume that is made larger has the old or the new size. More runs:
 * {@code -Dmainstay.mirror.seeds=100000 -Dmainstay.mirror.seed=FIRST}.
 */
class MirrorModelTest {
    private static final int WINDOW = 400;

    // covers MIR-031 MIR-035 MIR-130 MIR-180 MIR-181 MIR-186 MIR-189 MIR-303 MIR-304
    // covers MIR-002 MIR-071 MIR-117 MIR-121 MIR-133 MIR-134 MIR-250
    @Test
    void guaranteesHoldThroughCrashesAtAnyStep() throws IOException {
        long first = Long.getLong("mainstay.mirror.seed", 1);
        long count = Long.getLong("mainstay.mirror.seeds", 400);
        long promotions = 0;
        long answered = 0;
        long checks = 0;
        long synchronous = 0;
        long growths = 0;
        long grownEqual = 0;
        long aheads = 0;
        for (long seed = first; seed < first + count; seed++) {
            Run run = new Run(seed);
            try {
                run.all();
            } catch (IOException | RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + "\n" + run.client.tail(), e);
            }
            promotions += run.promotions;
            answered += run.client.answered;
            checks += run.equalities;
            synchronous += run.sync ? 1 : 0;
            growths += run.growths;
            grownEqual += run.grownEqual;
            aheads += run.aheads;
        }
        // A model in which nothing happens would prove nothing.
        assertThat(answered).isGreaterThan(100 * count);
        assertThat(checks).isGreaterThan(count / 2);
        assertThat(promotions).isGreaterThan(count / 20);
        assertThat(synchronous).isBetween(count / 3, count - count / 3);
        assertThat(growths).isGreaterThan(count / 2);
        assertThat(grownEqual).isGreaterThan(count / 4);
        assertThat(aheads).as("marks go ahead").isGreaterThan(count / 4);
        System.out.printf(
                "%d seeds, %d synchronous: %d requests answered, %d promotions, %d growths, %d times equal, %d of them grown, %d times marked ahead%n",
                count, synchronous, answered, promotions, growths, checks, grownEqual, aheads);
    }

    private static final class Run {
        final SimWorld world;
        final SimNode[] nodes;
        final SimClient client;
        final boolean sync;
        /** Of the volume when it was made, and what its storage may come to have. */
        final int size;

        final int most;
        /** Whether a flush means the target too. */
        final boolean flushes;

        int owner;
        long epoch = 1;
        long promotions;
        long equalities;
        long growths;
        long grownEqual;
        /** How often more was marked than was ever written, before everything was. */
        long aheads;

        boolean ownerLostPower;

        Run(long seed) {
            // The first values of generators with neighbouring seeds are alike.
            world = new SimWorld(new SplittableRandom(seed).nextLong());
            sync = world.random.nextBoolean();
            flushes = sync || world.random.nextInt(4) > 0;
            size = (20 + (world.random.nextBoolean() ? world.random.nextInt(60) : 0)) * IntentLog.BLOCK + 8192;
            most = size + 9 * IntentLog.BLOCK;
            MirrorSettings settings = new MirrorSettings(Map.ofEntries(
                    Map.entry("CurrencyWindowMs", (long) WINDOW),
                    Map.entry("PingInterval", 60L),
                    Map.entry("MaxPingMisses", 4L),
                    Map.entry("ResumeDelayMs", 20L),
                    Map.entry("ResyncSuspendMs", 300L),
                    Map.entry("ResyncReads", 1L + world.random.nextInt(8)),
                    Map.entry("ResyncLowWater", (long) world.random.nextInt(8)),
                    Map.entry("MaxResyncPasses", 10L + world.random.nextInt(60)),
                    Map.entry("ResyncBlockWritesTimeoutMs", 50L + world.random.nextInt(300)),
                    Map.entry("ResyncCompare", (long) world.random.nextInt(2)),
                    Map.entry("WriteQueueHighWater", 8L + world.random.nextInt(40)),
                    Map.entry("BlockWritesOnLimitReached", (long) world.random.nextInt(2)),
                    Map.entry("DontFlushAsyncQueue", flushes ? 0L : 1L)));
            MirrorType type = sync ? MirrorType.SYNC : MirrorType.ASYNC;
            nodes = new SimNode[] {
                new SimNode(world, "A", size, most, type, settings), new SimNode(world, "B", size, most, type, settings)
            };
            int extent = 1 << world.random.nextInt(3);
            for (SimNode node : nodes) {
                node.extent = extent;
                node.disk.garbage(size, node.name.hashCode() * 0x0101_0101_0101L);
                node.disk.room = size + world.random.nextInt(2) * 512;
            }
            nodes[0].peer = nodes[1];
            nodes[1].peer = nodes[0];
            client = new SimClient(world, size / SimClient.CELL * SimClient.CELL);
        }

        SimNode owner() {
            return nodes[owner];
        }

        SimNode other() {
            return nodes[1 - owner];
        }

        void all() throws IOException {
            nodes[0].start();
            nodes[1].start();
            start(nodes[0], Trust.OWN);
            nodes[1].target(epoch, nodes[0].name, false);
            world.run(200);
            for (int i = 0; i < 120; i++) {
                step();
            }
            settle();
        }

        private void step() throws IOException {
            int dice = world.random.nextInt(100);
            if (dice < 4) {
                stream();
            } else if (dice < 70) {
                if (owner().up() && client.outstanding < 60) {
                    owner().exec(owner().life(), () -> client.act(owner().volume));
                }
                world.run(world.random.nextInt(6));
            } else if (dice < 80) {
                arm(nodes[world.random.nextInt(2)]);
            } else if (dice < 84) {
                partition(!world.partitioned);
            } else if (dice < 87) {
                pauseOrContinue();
            } else if (dice < 90) {
                stopTarget();
            } else if (dice < 92) {
                SimNode node = nodes[world.random.nextInt(2)];
                node.disk.room = Math.min(most, node.disk.room + world.random.nextInt(4 * IntentLog.BLOCK));
                grow();
            } else {
                world.run(world.random.nextInt(250));
                equal();
            }
            repair();
        }

        /** Writes a few cells in each of many blocks, one after the other: marks go ahead of it. */
        private void stream() {
            int perBlock = IntentLog.BLOCK / SimClient.CELL;
            int blocks = size / IntentLog.BLOCK;
            int first = world.random.nextInt(blocks / 2);
            int end = first + 1 + world.random.nextInt(blocks / 2 - 1);
            for (int block = first; block < end && owner().up() && client.outstanding < 60; block++) {
                int cell = block * perBlock + world.random.nextInt(perBlock);
                if (block == end - 1) {
                    ahead();
                }
                owner().exec(owner().life(), () -> client.writeFree(owner().volume, cell));
                world.run(world.random.nextInt(4));
            }
        }

        /** Counts what is marked beyond what was written since nothing was. */
        private void ahead() {
            IntentLog log = owner().volume.mirror(other().name).log();
            int marked = log == null ? 0 : log.count();
            aheads += marked > client.touched(IntentLog.BLOCK) ? 1 : 0;
        }

        private void arm(SimNode node) {
            if (!node.up()) {
                return;
            }
            node.fusePower = world.random.nextInt(3) == 0;
            if (world.random.nextInt(4) == 0) {
                crash(node, node.fusePower);
            } else {
                node.fuse = 1 + world.random.nextInt(40);
            }
        }

        private void crash(SimNode node, boolean power) {
            node.fusePower = power;
            node.exec(node.life(), () -> {
                throw new SimWorld.Crash();
            });
        }

        private void partition(boolean now) {
            world.say(now ? "network parted" : "network healed");
            world.partitioned = now;
            if (!now) {
                nodes[0].healed();
                nodes[1].healed();
            }
        }

        private void pauseOrContinue() {
            if (owner().up() && owner().volume.serving()) {
                boolean pause = world.random.nextBoolean();
                owner().exec(owner().life(), () -> {
                    if (pause) {
                        owner().volume.pause(other().name);
                    } else {
                        owner().volume.resume(other().name);
                    }
                });
            }
        }

        /** It may be asked to take over in the next step. */
        private void stopTarget() {
            if (other().up() && !other().volume.serving()) {
                world.say(other().name + " is told to stop");
                other().exec(other().life(), () -> other().volume.stop(1_000, behind -> {}));
            }
        }

        /** An operator makes the volume larger, perhaps before all storage is. */
        private void grow() {
            if (!owner().up() || !owner().volume.serving()) {
                return;
            }
            int room = owner().disk.room;
            long asked = world.random.nextInt(3) == 0 ? 0 : (size + world.random.nextInt(most - size)) / 512 * 512;
            long before = owner().volume.size();
            long life = owner().life();
            owner().exec(life, () -> {
                try {
                    owner().volume.resize(asked);
                    assertThat(owner().volume.size()).isEqualTo(asked == 0 ? room / 512 * 512 : asked);
                    growths += owner().volume.size() > before ? 1 : 0;
                } catch (RefusedException e) {
                    assertThat(asked < before || asked > room)
                            .as(e.getMessage())
                            .isTrue();
                    assertThat(owner().volume.size()).isEqualTo(before);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            if (owner().lives(life)) {
                client.grown(image(owner()));
            }
        }

        /** What clients may read. */
        private static byte[] image(SimNode node) {
            return Arrays.copyOf(node.disk.seen, (int) node.volume.size());
        }

        /** What the cluster does: brings machines back, takes over where that is allowed. */
        private void repair() throws IOException {
            if (!owner().up()) {
                ownerLostPower = owner().fusePower;
                if (world.random.nextInt(3) > 0) {
                    world.run(world.random.nextInt(WINDOW * 2));
                    if (takeOver()) {
                        return;
                    }
                }
                world.run(world.random.nextInt(30));
                owner().start();
                boolean alone = !world.partitioned || !other().up();
                client.adopt(image(owner()), !ownerLostPower, "restart of " + owner().name, alone);
                epoch++;
                start(owner(), Trust.OWN);
                // Whom the network does not reach is told nothing.
                if (other().up() && !world.partitioned) {
                    other().target(epoch, owner().name, false);
                }
            } else if (!other().up() && world.random.nextInt(3) == 0) {
                refusesAfterItsOwnRestart();
                other().target(epoch, owner().name, true);
            } else if (other().up() && !other().volume.hasRole() && world.random.nextInt(3) == 0) {
                other().target(epoch, owner().name, false);
            }
        }

        private void refusesAfterItsOwnRestart() throws IOException {
            other().start();
            if (other().volume.state().role() == Role.TARGET) {
                long before = other().volume.state().generations().current();
                assertThat(other().tryStart(epoch + 1, Trust.OWN))
                        .as("a restarted target refuses")
                        .isFalse();
                assertThat(other().volume.state().generations().current()).isEqualTo(before);
            }
        }

        private boolean takeOver() throws IOException {
            SimNode candidate = other();
            if (!candidate.up() || candidate.volume.state().role() != Role.TARGET) {
                return false;
            }
            long next = epoch + 1;
            if (!candidate.tryStart(next, Trust.OWN)) {
                return false;
            }
            epoch = next;
            promotions++;
            owner = 1 - owner;
            client.takeOver(image(candidate), sync, flushes, "takeover by " + candidate.name);
            return true;
        }

        private void start(SimNode node, Trust trust) {
            boolean started = node.tryStart(epoch, trust);
            assertThat(started || !node.up()).as("the last source may start").isTrue();
        }

        private void equal() {
            if (owner().up()
                    && other().up()
                    && other().volume.target().inStep()
                    && client.outstanding == 0
                    && owner().state() == MirrorState.MIRRORING
                    && owner().volume.mirror(other().name).queue().isEmpty()) {
                equalities++;
                assertThat(other().volume.size()).isEqualTo(owner().volume.size());
                grownEqual += owner().volume.size() > size ? 1 : 0;
                int mismatch = Arrays.mismatch(image(owner()), image(other()));
                assertThat(mismatch)
                        .as("first differing byte of sides in step\n%s", client.tail())
                        .isNegative();
            }
        }

        /** Everything is whole again: both sides must become equal, and stay so. */
        private void settle() throws IOException {
            partition(false);
            nodes[0].disk.room = most;
            nodes[1].disk.room = most;
            nodes[0].fuse = -1;
            nodes[1].fuse = -1;
            while (!owner().up()) {
                repair();
                nodes[0].fuse = -1;
                nodes[1].fuse = -1;
            }
            if (!other().up()) {
                other().start();
            }
            other().target(epoch, owner().name, true);
            owner().exec(owner().life(), () -> owner().volume.resume(other().name));
            for (int i = 0; i < 400 && (owner().state() != MirrorState.MIRRORING || client.outstanding > 0); i++) {
                world.run(50);
            }
            assertThat(owner().state())
                    .as("a whole pair gets in step\n%s", client.tail())
                    .isEqualTo(MirrorState.MIRRORING);
            assertThat(client.outstanding)
                    .as("every request is answered\n%s", client.tail())
                    .isZero();
            world.run(100);
            equal();
        }
    }
}
