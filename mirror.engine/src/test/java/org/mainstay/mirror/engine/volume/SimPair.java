package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/** A source A and its target B on simulated machines, with times that are short. */
final class SimPair {
    static final int BLOCKS = 40;
    static final int SIZE = BLOCKS * IntentLog.BLOCK;

    final SimWorld world;
    final SimClient client;
    /** Of the source. */
    final List<String> events = new ArrayList<>();

    final SimNode a;
    final SimNode b;

    private final int size;

    /** Of {@link #SIZE}, on disks that are quick. The source has data, the target has none. */
    SimPair(MirrorType type, Map<String, Long> changed) {
        this(new SimWorld(41), SIZE, SIZE, type, changed);
        a.slowness = 200_000;
        b.slowness = 200_000;
        filled();
    }

    /** Neither side has data. */
    SimPair(SimWorld world, int size, MirrorType type) {
        this(world, size, size, type, Map.of());
    }

    /**
     * Neither side has data.
     *
     * @param most bytes that the storage of each side may come to have
     * @param changed of the settings
     */
    SimPair(SimWorld world, int size, int most, MirrorType type, Map<String, Long> changed) {
        this.world = world;
        this.size = size;
        client = new SimClient(world, size);
        Map<String, Long> values = new TreeMap<>(
                Map.of("CurrencyWindowMs", 400L, "PingInterval", 60L, "MaxPingMisses", 4L, "ResumeDelayMs", 20L));
        values.putAll(changed);
        MirrorSettings settings = new MirrorSettings(values);
        a = new SimNode(world, "A", size, most, type, settings);
        b = new SimNode(world, "B", size, most, type, settings);
        a.peer = b;
        b.peer = a;
        a.events = events::add;
    }

    /** Gives the source data. */
    SimPair filled() {
        byte[] data = new byte[size];
        new Random(5).nextBytes(data);
        for (int cell = 0; cell < size; cell += SimClient.CELL) {
            // Cells begin with a value that the client does not know.
            Arrays.fill(data, cell, cell + 8, (byte) 0);
        }
        a.disk.become(data);
        return this;
    }

    SimPair start() throws IOException, RefusedException {
        a.start();
        b.start();
        a.volume.startSource(1, Trust.OWN);
        b.volume.startTarget(1, "A", false);
        return this;
    }

    Mirror mirror() {
        return a.volume.mirror("B");
    }

    void set(String name, long value) {
        a.volume.settings("B", mirror().settings().with(name, value));
    }

    void until(BooleanSupplier condition) {
        for (int i = 0; i < 200_000 && !condition.getAsBoolean(); i++) {
            world.runNanos(100_000);
        }
        assertThat(condition.getAsBoolean())
                .as("state %s, cause %s\n%s", mirror().state(), mirror().cause(), client.tail())
                .isTrue();
    }

    void until(MirrorState state) {
        until(() -> mirror().state() == state);
    }

    /** Waits until both sides are equal, and nothing is marked. */
    SimPair inStep() {
        until(() -> mirror().state() == MirrorState.MIRRORING && client.outstanding == 0);
        until(() -> {
            a.volume.tick(true);
            return mirror().log().count() == 0;
        });
        assertThat(Arrays.mismatch(a.disk.seen, b.disk.seen)).isNegative();
        events.clear();
        return this;
    }

    /** A client does this and that with a side for a while. */
    void work(SimNode side, SimClient by) {
        for (int i = 0; i < 20; i++) {
            side.exec(side.life(), () -> by.act(side.volume));
            world.run(50);
        }
        world.run(1000);
    }

    /** Writes a cell and waits for the answer. */
    void written(int cell) {
        client.write(a.volume, cell, false);
        until(() -> client.outstanding == 0);
    }

    /** Returns a counter of the mirror. */
    long counter(String name) {
        return ((Number) a.volume.status().mirrors().get(0).get(name)).longValue();
    }

    void part() {
        world.partitioned = true;
    }

    void heal() {
        world.partitioned = false;
        a.healed();
        b.healed();
    }
}
