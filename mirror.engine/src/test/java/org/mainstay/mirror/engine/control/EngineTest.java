package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.mirror.engine.io.FileStore;
import org.mainstay.mirror.engine.volume.MirrorSettings;
import org.mainstay.mirror.engine.volume.MirrorType;
import org.mainstay.mirror.engine.volume.Trust;

/** An engine that is started again: what it knows of its volumes, and what it serves. */
class EngineTest {
    private static final long MEMORY = 8L << 20;

    @TempDir
    private Path folder;

    private final List<String> log = new CopyOnWriteArrayList<>();

    private Engine engine() throws IOException {
        return new Engine(folder, "A", null, null, MEMORY, log::add);
    }

    private Path image(String name) throws IOException {
        Path image = folder.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(1 << 20);
        }
        return image;
    }

    @Test
    void aDeviceThatComesLaterIsOpenedWithWhatIsKnownOfTheVolume() throws Exception {
        Path image = image("a.img");
        try (Engine first = engine()) {
            first.create("v", image.toString(), folder.toString());
            first.startSource("v", 3, Trust.OWN, Long.MAX_VALUE);
        }
        Path away = Files.move(image, folder.resolve("away.img"));
        try (Engine second = engine()) {
            assertThat(second.names()).isEmpty();
            assertThat(log).anyMatch(line -> line.contains("the volume v cannot be opened") && line.contains("a.img"));
            assertThatThrownBy(() -> second.create("v", image.toString(), folder.toString()))
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> second.create("v", away.toString(), folder.toString()))
                    .hasMessageContaining("is kept in " + image);
            Files.move(away, image);
            second.create("v", image.toString(), folder.toString());
            assertThat(second.names()).as("it has no role before it is told").isEmpty();
            assertThat(second.volume("v").state().epoch()).isEqualTo(3);
            assertThatThrownBy(() -> second.create("v", image.toString(), folder.toString()))
                    .hasMessageContaining("there is a volume v already");
        }
    }

    @Test
    void itServesNothingAfterARebootUntilItIsTold() throws Exception {
        try (Engine first = engine()) {
            first.create("v", image("a.img").toString(), folder.toString());
            first.startSource("v", 3, Trust.OWN, Long.MAX_VALUE);
            assertThat(first.names()).containsExactly("v@3");
        }
        try (Engine again = engine()) {
            assertThat(again.names()).as("in the same boot").containsExactly("v@3");
        }
        Path role = folder.resolve("v.role");
        Files.writeString(role, "another-boot" + Files.readString(role));
        try (Engine rebooted = engine()) {
            assertThat(rebooted.names()).isEmpty();
        }
    }

    private static void grow(Path image, long size) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(size);
        }
    }

    /** A resize that takes long, as a slow disk makes it, holds up its own volume only. */
    @Test
    void aVolumeBeingResizedHoldsUpNoOther() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch reached = new CountDownLatch(1);
        MirrorSettings settings = new MirrorSettings(Map.of());
        try (Engine engine = new Engine(folder, "A", null, null, MEMORY, line -> {
            if (line.contains("volume v has")) {
                reached.countDown();
                try {
                    held.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        })) {
            for (String name : List.of("v", "w")) {
                engine.create(name, image(name + ".img").toString(), folder.toString());
                engine.startSource(name, 3, Trust.OWN, Long.MAX_VALUE);
                grow(folder.resolve(name + ".img"), 3 << 20);
            }
            CompletableFuture<Long> resize = CompletableFuture.supplyAsync(() -> {
                try {
                    return engine.resize("v", 0);
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            try {
                assertThat(reached.await(60, TimeUnit.SECONDS)).isTrue();
                assertThat(engine.resize("w", 2 << 20)).isEqualTo(2 << 20);
                engine.mirror("w", "B", "127.0.0.1:9", MirrorType.SYNC, settings);
                engine.removeMirror("w", "B");
                assertThatThrownBy(() -> engine.mirror("v", "B", "127.0.0.1:9", MirrorType.SYNC, settings))
                        .hasMessageContaining("the size of v is being changed");
                assertThatThrownBy(() -> engine.resize("v", 2 << 20))
                        .hasMessageContaining("the size of v is being changed");
            } finally {
                held.countDown();
            }
            assertThat(resize.get(60, TimeUnit.SECONDS)).isEqualTo(3 << 20);
            engine.mirror("v", "B", "127.0.0.1:9", MirrorType.SYNC, settings);
        }
    }

    /** Its log is as long as before: what it does not know of is to be sent. */
    @Test
    void storageThatGrewIsTakenByCommandAndLastsOverARestart() throws Exception {
        Path image = image("a.img");
        try (Engine first = engine()) {
            first.create("v", image.toString(), folder.toString());
            first.mirror("v", "B", "127.0.0.1:9", MirrorType.SYNC, new MirrorSettings(Map.of()));
            first.startSource("v", 3, Trust.OWN, Long.MAX_VALUE);
            grow(image, 3 << 20);
            assertThat(first.volume("v").status().volume())
                    .containsEntry("size", 1L << 20)
                    .containsEntry("storage", 3L << 20);
        }
        try (Engine second = engine()) {
            assertThat(second.find("v@3").size()).isEqualTo(1 << 20);
            assertThat(log).noneMatch(line -> line.contains("is lost"));
            assertThat(log).anyMatch(line -> line.contains("the rest is not used; 'mainstay mirror resize' takes it"));
            assertThat(second.resize("v", 2 << 20)).isEqualTo(2 << 20);
            assertThat(second.resize("v", 0)).isEqualTo(3 << 20);
            assertThat(second.find("v@3").size()).isEqualTo(3 << 20);
            assertThatThrownBy(() -> second.resize("v", 1 << 20)).hasMessageContaining("is not made smaller");
        }
        try (Engine third = engine()) {
            assertThat(third.find("v@3").size()).isEqualTo(3 << 20);
            assertThat(log).noneMatch(line -> line.contains("is lost"));
        }
        grow(image, 2 << 20);
        try (Engine fourth = engine()) {
            assertThat(fourth.names()).isEmpty();
            assertThat(log)
                    .anyMatch(line -> line.contains(
                            "a.img: its storage has 2097152 bytes, the volume has 3145728: it was made" + " smaller"));
        }
    }

    /** Where there is memory for the bitmaps of the one, there need not be for those of both. */
    @Test
    void whileItsSizeIsChangedAVolumeGetsNoMirror() throws Exception {
        Path image = image("a.img");
        List<Object> refused = new CopyOnWriteArrayList<>();
        Engine[] own = new Engine[1];
        try (Engine engine = new Engine(folder, "A", null, null, MEMORY, line -> {
            if (line.contains("bytes now")) {
                refused.add(CompletableFuture.supplyAsync(() -> assertThatThrownBy(() -> own[0].mirror(
                                        "v", "C", "127.0.0.1:9", MirrorType.SYNC, new MirrorSettings(Map.of())))
                                .hasMessageContaining("the size of v is being changed"))
                        .join());
            }
        })) {
            own[0] = engine;
            engine.create("v", image.toString(), folder.toString());
            engine.startSource("v", 3, Trust.OWN, Long.MAX_VALUE);
            grow(image, 3 << 20);
            engine.resize("v", 0);
            assertThat(refused).hasSize(1);
            engine.mirror("v", "C", "127.0.0.1:9", MirrorType.SYNC, new MirrorSettings(Map.of()));
        }
    }

    @Test
    void logsThatWereMovedWhereTheDeviceIsGoneLeaveNoClosedVolume() throws Exception {
        Path image = image("a.img");
        try (Engine engine = engine()) {
            engine.create("v", image.toString(), folder.toString());
            engine.mirror("v", "B", "127.0.0.1:9", MirrorType.SYNC, new MirrorSettings(Map.of()));
            Path away = Files.move(image, folder.resolve("away.img"));
            Path logs = Files.createDirectories(folder.resolve("logs"));
            assertThatThrownBy(() -> engine.moveLogs("v", logs.toString()))
                    .hasMessageContaining("the volume v cannot be opened again")
                    .hasMessageContaining("a.img");
            assertThatThrownBy(() -> engine.volume("v")).hasMessageContaining("there is no volume 'v'");
            Files.move(away, image);
            engine.create("v", image.toString(), logs.toString());
            engine.startSource("v", 3, Trust.OWN, Long.MAX_VALUE);
            assertThat(engine.names()).containsExactly("v@3");
            assertThat(logs.resolve("v.B.bitmap")).exists();
            assertThat(log).noneMatch(line -> line.contains("is lost"));
        }
    }

    @Test
    void aVolumeOfAVersionWithoutSizesHasTheSizeOfItsLog() throws Exception {
        Path image = image("a.img");
        try (Engine first = engine()) {
            first.create("v", image.toString(), folder.toString());
            first.mirror("v", "B", "127.0.0.1:9", MirrorType.SYNC, new MirrorSettings(Map.of()));
            first.startSource("v", 3, Trust.OWN, Long.MAX_VALUE);
        }
        for (String name : List.of("v.state", "v.volume")) {
            FileStore store = new FileStore(folder.resolve(name));
            Map<String, String> lines = store.load();
            lines.remove("size");
            store.save(lines);
        }
        grow(image, 3 << 20);
        try (Engine second = engine()) {
            assertThat(second.volume("v").size()).isEqualTo(1 << 20);
            assertThat(log).noneMatch(line -> line.contains("is lost"));
        }
    }

    private Map<String, String> stored(String file) throws IOException {
        return new FileStore(folder.resolve(file)).load();
    }

    /** As after a full resynchronisation: the log holds every change since. */
    private void logComplete(String peer) throws IOException {
        Map<String, String> state = stored("v.state");
        String[] words = state.get("peer." + peer).split(" ");
        words[1] = "true";
        state.put("peer." + peer, String.join(" ", words));
        new FileStore(folder.resolve("v.state")).save(state);
    }

    private Engine withMirror() throws Exception {
        Path image = image("a.img");
        try (Engine first = engine()) {
            first.create("v", image.toString(), folder.toString());
            first.mirror("v", "B", "127.0.0.1:9", MirrorType.SYNC, new MirrorSettings(Map.of()));
            first.startSource("v", 3, Trust.OWN, Long.MAX_VALUE);
            first.stop("v", 0);
        }
        logComplete("B");
        return engine();
    }

    /** What was written without logs is in none, and the old files say nothing of it. */
    // covers MIR-082
    @Test
    void logsThatWereOffAreNotWhole() throws Exception {
        try (Engine engine = withMirror()) {
            assertThat(engine.volume("v").state().peer("B").logComplete()).isTrue();
            engine.moveLogs("v", "");
            assertThat(engine.volume("v").state().peer("B").logComplete()).isFalse();
        }
        // An engine of a release before left it so.
        logComplete("B");
        try (Engine engine = engine()) {
            assertThat(engine.volume("v").state().peer("B").logComplete()).isFalse();
            engine.moveLogs("v", folder.toString());
            assertThat(engine.volume("v").state().peer("B").logComplete()).isFalse();
        }
    }

    @Test
    void logsThatAreMovedStayWhole() throws Exception {
        try (Engine engine = withMirror()) {
            engine.moveLogs("v", folder.resolve("logs").toString());
            assertThat(engine.volume("v").state().peer("B").logComplete()).isTrue();
        }
    }

    /** What could not be saved is not saved by the next command either. */
    @Test
    void aChangeThatCannotBeSavedIsNone() throws Exception {
        try (Engine engine = withMirror()) {
            Path obstacle = Files.createDirectory(folder.resolve("v.volume.new"));
            String before = stored("v.volume").toString();
            assertThatThrownBy(() -> engine.moveLogs("v", folder.resolve("logs").toString()))
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> engine.address("v", "B", "127.0.0.1:10")).isInstanceOf(IOException.class);
            assertThatThrownBy(
                            () -> engine.mirror("v", "C", "127.0.0.1:9", MirrorType.SYNC, new MirrorSettings(Map.of())))
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> engine.removeMirror("v", "B")).isInstanceOf(IOException.class);
            Files.delete(obstacle);
            engine.type("v", "B", MirrorType.SYNC);
            assertThat(stored("v.volume")).hasToString(before);
        }
    }

    private long opened(String file) throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            String path = folder.resolve(file).toRealPath().toString();
            return all.filter(Files::isSymbolicLink)
                    .filter(one -> {
                        try {
                            return Files.readSymbolicLink(one).toString().equals(path);
                        } catch (IOException e) {
                            // It was closed meanwhile.
                            return false;
                        }
                    })
                    .count();
        }
    }

    @Test
    void logsThatWereMovedAreClosedWhereTheyWere() throws Exception {
        try (Engine engine = withMirror()) {
            assertThat(opened("v.B.bitmap")).isPositive();
            engine.moveLogs("v", folder.resolve("logs").toString());
            assertThat(opened("v.B.bitmap")).isZero();
            assertThat(opened("logs/v.B.bitmap")).isPositive();
        }
    }
}
