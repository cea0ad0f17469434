package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Three simulated servers: volume x is mirrored from A to C, y from B to C, z from A to both others, under writes. Servers are killed or
 * lose power, all sides on them at once; volumes are taken over, or switched over in order. Nothing that was answered may be missing
 * at a side that takes over by its own right, and all sides must be equal in the end.
 */
class ThreeSidesModelTest {
    private static final int SEEDS = Integer.getInteger("mainstay.mirror.seeds", 15);
    private static final long FIRST = Long.getLong("mainstay.mirror.seed", 1);
    private static final int WINDOW = 400;
    private static final int SIZE = 24 * IntentLog.BLOCK;

    @Test
    void nothingAnsweredIsLostAndAllSidesBecomeEqual() throws Exception {
        long takeOvers = 0;
        long byTheFurther = 0;
        long switches = 0;
        for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
            Run run = new Run(seed);
            try {
                run.all();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
            takeOvers += run.takeOvers;
            byTheFurther += run.byTheFurther;
            switches += run.switches;
        }
        assertThat(takeOvers).as("takeovers by own right").isGreaterThan(SEEDS / 4);
        assertThat(byTheFurther).as("of a volume that kept another target").isGreaterThan(SEEDS / 8);
        assertThat(switches).as("switchovers in order").isGreaterThan(SEEDS / 4);
    }

    private static final class Sides {
        final List<SimNode> nodes;
        final SimClient client;
        final boolean sync;
        SimNode owner;
        long epoch = 1;

        Sides(SimWorld world, String servers, MirrorType type, MirrorSettings settings) {
            sync = type == MirrorType.SYNC;
            nodes = servers.chars()
                    .mapToObj(server -> new SimNode(world, "" + (char) server, SIZE, type, settings))
                    .toList();
            for (SimNode node : nodes) {
                List<SimNode> others = new ArrayList<>(nodes);
                others.remove(node);
                node.peer = others.remove(0);
                others.forEach(node::also);
            }
            client = new SimClient(world, SIZE);
            owner = nodes.get(0);
        }

        List<SimNode> others() {
            return nodes.stream().filter(node -> node != owner).toList();
        }

        boolean serves() {
            return owner.up() && owner.volume.serving();
        }
    }

    private static final class Run {
        final SimWorld world;
        final List<Sides> volumes;
        long takeOvers;
        long byTheFurther;
        long switches;

        Run(long seed) {
            world = new SimWorld(new SplittableRandom(seed).nextLong());
            MirrorSettings settings = new MirrorSettings(Map.of(
                    "CurrencyWindowMs", (long) WINDOW,
                    "PingInterval", 60L,
                    "MaxPingMisses", 4L,
                    "ResumeDelayMs", 20L,
                    "ResyncReads", 4L,
                    "ResyncCompare", (long) world.random.nextInt(2)));
            volumes = List.of(sides("AC", settings), sides("BC", settings), sides("ABC", settings));
        }

        private Sides sides(String servers, MirrorSettings settings) {
            return new Sides(
                    world, servers, world.random.nextInt(3) > 0 ? MirrorType.SYNC : MirrorType.ASYNC, settings);
        }

        void all() throws IOException {
            for (Sides volume : volumes) {
                for (SimNode node : volume.nodes) {
                    node.start();
                }
                assertThat(volume.owner.tryStart(volume.epoch, Trust.OWN)).isTrue();
                volume.others().forEach(node -> node.target(volume.epoch, volume.owner.name, false));
            }
            world.run(300);
            for (int i = 0; i < 100; i++) {
                step();
            }
            settle();
        }

        private void step() throws IOException {
            int dice = world.random.nextInt(100);
            if (dice < 70) {
                for (Sides volume : volumes) {
                    if (volume.serves() && volume.client.outstanding < 40) {
                        volume.owner.exec(volume.owner.life(), () -> volume.client.act(volume.owner.volume));
                    }
                }
                world.run(world.random.nextInt(6));
            } else if (dice < 78) {
                kill("ABC".substring(dice % 3, dice % 3 + 1), world.random.nextInt(3) == 0);
            } else if (dice < 84) {
                switchOver(volumes.get(world.random.nextInt(volumes.size())));
            } else if (dice < 92) {
                pauseOrContinue(volumes.get(world.random.nextInt(volumes.size())));
            } else {
                world.run(world.random.nextInt(2 * WINDOW));
            }
            for (Sides volume : volumes) {
                repair(volume);
            }
        }

        /** One target misses what the others get, for longer than the window or not. */
        private void pauseOrContinue(Sides volume) {
            List<SimNode> others = volume.others();
            String name = others.get(world.random.nextInt(others.size())).name;
            boolean pause = world.random.nextInt(3) > 0;
            if (volume.serves()) {
                volume.owner.exec(volume.owner.life(), () -> {
                    if (pause) {
                        volume.owner.volume.pause(name);
                    } else {
                        volume.owner.volume.resume(name);
                    }
                });
            }
        }

        private void kill(String server, boolean power) {
            for (Sides volume : volumes) {
                for (SimNode node : volume.nodes) {
                    if (node.name.equals(server) && node.up()) {
                        node.fusePower = power;
                        node.exec(node.life(), () -> {
                            throw new SimWorld.Crash();
                        });
                    }
                }
            }
        }

        /** What the cluster does: takes over where that is allowed, brings machines back. */
        private void repair(Sides volume) throws IOException {
            if (!volume.owner.up()) {
                if (world.random.nextInt(4) > 0) {
                    world.run(world.random.nextInt(WINDOW));
                    if (takeOver(volume)) {
                        return;
                    }
                }
                volume.owner.start();
                volume.client.adopt(
                        image(volume.owner), !volume.owner.fusePower, "restart of " + volume.owner.name, true);
                assertThat(volume.owner.tryStart(++volume.epoch, Trust.OWN))
                        .as("the last source may start\n%s", volume.client.tail())
                        .isTrue();
                follow(volume);
            }
            for (SimNode node : volume.others()) {
                if (!node.up() && world.random.nextInt(4) == 0) {
                    comeBack(volume, node);
                }
            }
        }

        private void comeBack(Sides volume, SimNode node) throws IOException {
            node.start();
            if (node.volume.state().role() == Role.TARGET) {
                assertThat(node.tryStart(volume.epoch + 1, Trust.OWN))
                        .as("a restarted target refuses")
                        .isFalse();
            }
            node.target(volume.epoch, volume.owner.name, true);
        }

        private boolean takeOver(Sides volume) {
            List<SimNode> candidates = new ArrayList<>(volume.others());
            Collections.shuffle(candidates, world.random);
            for (SimNode node : candidates) {
                if (node.up()
                        && node.volume.state().role() == Role.TARGET
                        && node.tryStart(volume.epoch + 1, Trust.OWN)) {
                    byTheFurther += volume.nodes.size() > 2 ? 1 : 0;
                    takeOvers++;
                    taken(volume, node, "takeover by ");
                    return true;
                }
            }
            return false;
        }

        private void taken(Sides volume, SimNode by, String how) {
            volume.epoch++;
            volume.owner = by;
            volume.client.takeOver(image(by), volume.sync, true, how + by.name);
            follow(volume);
        }

        private void switchOver(Sides volume) {
            SimNode next =
                    volume.others().get(world.random.nextInt(volume.others().size()));
            SimNode before = volume.owner;
            if (!volume.serves() || !next.up() || !next.volume.target().inStep()) {
                return;
            }
            boolean[] stopped = new boolean[1];
            before.exec(before.life(), () -> before.volume.stop(1_000, behind -> stopped[0] = true));
            for (int i = 0; i < 200 && !stopped[0]; i++) {
                world.run(10);
            }
            assertThat(stopped[0]).as("it stops\n%s", volume.client.tail()).isTrue();
            if (next.tryStart(volume.epoch + 1, Trust.OWN)) {
                switches++;
                taken(volume, next, "switchover to ");
            } else {
                volume.client.adopt(image(before), true, "again " + before.name, true);
                assertThat(before.tryStart(++volume.epoch, Trust.OWN)).isTrue();
                follow(volume);
            }
        }

        /** Those that run are told whose targets they are. */
        private void follow(Sides volume) {
            volume.others().stream()
                    .filter(SimNode::up)
                    .forEach(node -> node.target(volume.epoch, volume.owner.name, false));
        }

        private static byte[] image(SimNode node) {
            return Arrays.copyOf(node.disk.seen, SIZE);
        }

        private static boolean inStep(Sides volume) {
            return volume.client.outstanding == 0
                    && volume.others().stream()
                            .map(node -> volume.owner.volume.mirror(node.name))
                            .allMatch(mirror -> mirror.state() == MirrorState.MIRRORING
                                    && mirror.queue().isEmpty());
        }

        private void settle() throws IOException {
            for (Sides volume : volumes) {
                while (!volume.serves()) {
                    repair(volume);
                }
                for (SimNode node : volume.others()) {
                    if (!node.up()) {
                        comeBack(volume, node);
                    }
                }
                volume.owner.exec(
                        volume.owner.life(),
                        () -> volume.others().forEach(node -> volume.owner.volume.resume(node.name)));
                for (int i = 0; i < 400 && !inStep(volume); i++) {
                    world.run(50);
                }
                String states = volume.owner.volume.status().mirrors().toString();
                assertThat(inStep(volume))
                        .as("all sides get in step: %s\n%s", states, volume.client.tail())
                        .isTrue();
                world.run(100);
                for (SimNode node : volume.others()) {
                    assertThat(Arrays.mismatch(image(volume.owner), image(node)))
                            .as("first byte that differs at %s\n%s", node.name, volume.client.tail())
                            .isNegative();
                }
            }
        }
    }
}
