package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.mirror.engine.nbd.StampingClient;

/**
 * Three engines as processes: volume x is mirrored from A to C, y (asynchronous) from B to C, z from A to both others, all written all the
 * time. Each engine is killed; z is taken over; the former source comes back. No request fails, nothing answered is missing, and all
 * sides are equal in the end.
 */
@Timeout(900)
class ThreeEnginesIT {
    private static final int SIZE = 12 << 20;
    /** The window is longer than any busy machine makes a takeover wait: it never ends here. */
    private static final String SETTINGS = "CurrencyWindowMs=600000 MaxPingMisses=40 ResumeDelayMs=50";

    private static final Pattern STATE = Pattern.compile("\"state\":(\\d+),");
    private static final Pattern QUEUE = Pattern.compile("\"queueLength\":(\\d+),");
    /** So many times a client got everything answered, under a change of affairs: enough to meet it. */
    private static final int ROUNDS = 15;

    @TempDir
    private Path folder;

    private final Map<String, EngineProcess> engines = new TreeMap<>();
    private final Map<String, Mirrored> volumes = new TreeMap<>();

    /** A volume with its sides; the first is its source. */
    private final class Mirrored {
        final String name;
        final List<EngineProcess> sides;
        final StampingClient client;
        EngineProcess source;
        long epoch = 1;

        Mirrored(String name, String type, String servers) throws IOException {
            this.name = name;
            this.sides = servers.chars()
                    .mapToObj(server -> engines.get("" + (char) server))
                    .toList();
            this.source = sides.get(0);
            this.client = new StampingClient(name, SIZE, name.hashCode());
            for (EngineProcess side : sides) {
                try (RandomAccessFile file =
                        new RandomAccessFile(side.image(name).toFile(), "rw")) {
                    file.setLength(SIZE);
                }
                side.control("create " + name + " " + side.image(name) + " " + side.folder());
                for (EngineProcess other : sides) {
                    if (other != side) {
                        side.control("mirror " + name + " " + other.name() + " " + other.address() + " " + type + " "
                                + SETTINGS);
                    }
                }
            }
            begin(source, 1);
            for (EngineProcess side : sides) {
                follow(side);
            }
        }

        void begin(EngineProcess by, long in) throws IOException {
            by.control("source " + name + " " + in + " own");
            source = by;
            epoch = in;
        }

        void follow(EngineProcess side) throws IOException {
            if (side != source) {
                side.control("target " + name + " " + epoch + " " + source.name());
            }
        }

        /** Nobody sends again what was under way: it is there or not, on all sides alike. */
        void adopt(String what) throws IOException {
            byte[] all = StampingClient.readAll(source.socket(), export());
            assertThat(client.missing(all))
                    .as("missing after the %s of %s", what, name)
                    .isEmpty();
            client.adopt(all);
        }

        void go() {
            client.move(source.socket(), export());
        }

        void compare() throws IOException {
            await(() -> inStep() && idle());
            for (EngineProcess side : sides) {
                assertThat(Files.mismatch(source.image(name), side.image(name)))
                        .as("first byte of %s that differs at %s", name, side.name())
                        .isEqualTo(-1);
            }
        }

        String export() {
            return name + "@" + epoch;
        }

        boolean inStep() {
            String status = status();
            Matcher state = STATE.matcher(status);
            int targets = 0;
            while (state.find()) {
                targets += state.group(1).equals("1") ? 1 : 0;
            }
            return targets == sides.size() - 1;
        }

        boolean idle() {
            return QUEUE.matcher(status())
                    .results()
                    .allMatch(queue -> queue.group(1).equals("0"));
        }

        String status() {
            try {
                return source.control("status " + name);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @AfterEach
    void end() throws InterruptedException {
        for (EngineProcess engine : engines.values()) {
            engine.close();
        }
    }

    private EngineProcess engine(String name) {
        return engines.get(name);
    }

    /** Waits, but not after a client has seen what must not be. */
    private void await(BooleanSupplier condition) {
        EnginePair.until(() -> {
            for (Mirrored volume : volumes.values()) {
                assertThat(volume.client.failure())
                        .as("client of %s", volume.name)
                        .isEmpty();
            }
            return condition.getAsBoolean();
        });
    }

    private void awaitInStep() {
        await(() -> volumes.values().stream().allMatch(Mirrored::inStep));
    }

    /** The clients of these volumes get answers. */
    private void awaitWrites(Collection<Mirrored> which) {
        Map<Mirrored, Long> before = new HashMap<>();
        which.forEach(volume -> before.put(volume, volume.client.rounds()));
        await(() -> which.stream().allMatch(volume -> volume.client.rounds() >= before.get(volume) + ROUNDS));
    }

    private void awaitWrites() {
        awaitWrites(volumes.values());
    }

    // covers MIR-026
    @Test
    void nothingAnsweredIsLostAndAllSidesBecomeEqual() throws Exception {
        try {
            play();
        } catch (AssertionError e) {
            StringBuilder logs = new StringBuilder();
            volumes.values().forEach(volume -> logs.append('\n').append(volume.client));
            engines.values()
                    .forEach(engine -> logs.append('\n')
                            .append(engine.name())
                            .append(":\n")
                            .append(engine.log()));
            throw new AssertionError(e.getMessage() + logs, e);
        }
    }

    private void play() throws Exception {
        for (String name : List.of("A", "B", "C")) {
            engines.put(name, new EngineProcess(folder, name));
        }
        engines.values().forEach(EngineProcess::awaitAnswers);
        volumes.put("x", new Mirrored("x", "sync", "AC"));
        volumes.put("y", new Mirrored("y", "async", "BC"));
        volumes.put("z", new Mirrored("z", "sync", "ABC"));
        for (Mirrored volume : volumes.values()) {
            volume.client.start(volume.source.socket(), volume.export());
        }
        awaitInStep();
        awaitWrites();

        for (String name : List.of("C", "B", "A")) {
            engine(name).kill();
            if (name.equals("B")) {
                theOtherTargetStaysInStep(volumes.get("z"));
            }
            engine(name).start();
            awaitWrites();
            awaitInStep();
        }

        theMachineOfTheSourceIsLost();

        // Now B has two targets, and A, which was source, is one of them.
        engine("B").kill();
        engine("B").start();
        awaitWrites();
        compare();
        for (EngineProcess engine : engines.values()) {
            assertThat(engine.log()).as(engine.name()).doesNotContain("ERROR", "defect");
        }
    }

    /** B is gone: state, limits and log of the mirror to C are its own. */
    private void theOtherTargetStaysInStep(Mirrored z) throws IOException {
        await(() -> mirror(z, "B").contains("\"state\":4,"));
        assertThat(mirror(z, "C")).contains("\"state\":1,");
        z.source.control("set z B WriteQueueHighWater=12345");
        assertThat(mirror(z, "B")).contains("\"queueHighWater\":12345,");
        assertThat(mirror(z, "C")).contains("\"queueHighWater\":20000,");
        assertThat(z.source.folder().resolve("z.B.bitmap")).isNotEmptyFile();
        assertThat(z.source.folder().resolve("z.C.bitmap")).isNotEmptyFile();
    }

    /** Returns what the source tells of one of its mirrors. */
    private static String mirror(Mirrored volume, String target) {
        String status = volume.status();
        int from = status.indexOf("{\"target\":\"" + target + "\"");
        return from < 0 ? "" : status.substring(from, status.indexOf('}', from));
    }

    /** A's machine is lost with requests under way that no target has yet, C's engine with it; z is taken over by B. */
    private void theMachineOfTheSourceIsLost() throws Exception {
        Mirrored x = volumes.get("x");
        Mirrored z = volumes.get("z");
        engine("B").suspend();
        long before = z.client.rounds();
        awaitWrites(List.of(x));
        assertThat(z.client.rounds())
                .as("answered while one of two targets takes nothing")
                .isLessThanOrEqualTo(before + 1);
        // Each mirror has a queue of its own.
        await(() -> waits(z, "B") && !waits(z, "C"));
        engine("C").suspend();
        await(() -> waits(x, "C"));
        x.client.expectLoss();
        z.client.expectLoss();
        engine("A").kill();
        engine("A").forgetRoles();
        // What C had not read is lost with its process.
        engine("C").kill();
        engine("B").resume();
        await(() -> x.client.waits() && z.client.waits());

        z.begin(engine("B"), 2);
        z.adopt("takeover");
        z.go();
        engine("C").start();
        z.follow(engine("C"));
        awaitWrites(List.of(volumes.get("y"), z));

        // A source that was refused says no more what it sends then: A is not asked before it knows whose target it is.
        z.source.control("pause z A");
        engine("A").start();
        assertThat(engine("A").control("status"))
                .as("after a reboot it serves nothing until told")
                .doesNotContain("\"role\":\"SOURCE\"");
        z.follow(engine("A"));
        z.source.control("continue z A");
        x.begin(engine("A"), 2);
        x.follow(engine("C"));
        x.adopt("restart");
        // Before anything is written over it: what C never got.
        x.compare();
        x.go();
        awaitWrites();
        awaitInStep();
        assertThat(engine("B").log())
                .as("of the former source only what may differ is sent")
                .contains("mirror z to A: PARTIAL");
    }

    private static boolean waits(Mirrored volume, String target) {
        return !mirror(volume, target).contains("\"queueLength\":0,");
    }

    private void compare() throws IOException {
        for (Mirrored volume : volumes.values()) {
            volume.client.stop();
            await(volume.client::ended);
            volume.compare();
            byte[] all = Files.readAllBytes(volume.source.image(volume.name));
            assertThat(volume.client.missing(all))
                    .as("missing in %s", volume.name)
                    .isEmpty();
        }
    }
}
