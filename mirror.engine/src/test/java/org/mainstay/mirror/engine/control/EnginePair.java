package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.mainstay.mirror.engine.volume.MirrorSettings;
import org.mainstay.mirror.engine.volume.MirrorType;
import org.mainstay.mirror.engine.volume.Trust;

/** Two engines on loopback with volumes that are mirrored from A to B. */
final class EnginePair implements AutoCloseable {
    final Engine a;
    final Engine b;
    final Path folder;
    final List<String> log = new CopyOnWriteArrayList<>();

    EnginePair(Path folder, int size, String... volumes) throws Exception {
        this.folder = folder;
        a = engine("A");
        b = engine("B");
        for (String volume : volumes) {
            create(a, "A", volume, size, "B", b.replication());
            create(b, "B", volume, size, "A", a.replication());
            a.startSource(volume, 1, Trust.OWN, Long.MAX_VALUE);
            b.startTarget(volume, 1, "A", false);
        }
        for (String volume : volumes) {
            until(() -> state(volume) == 1);
        }
    }

    private Engine engine(String name) throws IOException {
        Path own = Files.createDirectories(folder.resolve(name));
        return new Engine(
                own, name, new InetSocketAddress("127.0.0.1", 0), null, 64 << 20, line -> log.add(name + " " + line));
    }

    Path image(String server, String volume) {
        return folder.resolve(server).resolve(volume + ".img");
    }

    private void create(Engine engine, String self, String volume, int size, String peer, InetSocketAddress at)
            throws IOException {
        Path image = image(self, volume);
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(size);
        }
        engine.create(volume, image.toString(), folder.resolve(self).toString());
        engine.mirror(
                volume,
                peer,
                "127.0.0.1:" + at.getPort(),
                MirrorType.SYNC,
                new MirrorSettings(Map.of("ResumeDelayMs", 50L)));
    }

    /** Returns the code of the mirror's state. */
    int state(String volume) {
        return (int) a.volume(volume).status().mirrors().get(0).get("state");
    }

    static void until(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - end).as("it comes within a minute").isNegative();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
    }

    /** Takes a snapshot of each volume on B at one moment. */
    void take(String id, String... volumes) throws Exception {
        for (String volume : volumes) {
            assertThat(b.prepareSnapshot(volume, id)).isEqualTo(volume + "@snapshot-" + id);
        }
        a.snapshots().mark(id, "B", List.of(volumes).stream().map(a::volume).toList());
    }

    String uri(String server, String export) {
        return "nbd+unix:///" + export.replace("@", "%40") + "?socket="
                + folder.resolve(server).resolve("nbd.sock");
    }

    @Override
    public void close() throws IOException {
        a.close();
        b.close();
    }
}
