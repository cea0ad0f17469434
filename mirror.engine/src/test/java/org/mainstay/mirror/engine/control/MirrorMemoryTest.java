package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.mirror.engine.volume.MirrorSettings;
import org.mainstay.mirror.engine.volume.MirrorType;
import org.mainstay.mirror.engine.volume.Trust;

/** Bitmaps of large volumes. */
class MirrorMemoryTest {
    private static final long TIB = 1L << 40;

    @TempDir
    Path folder;

    private Engine engine(String name) throws IOException {
        Path own = Files.createDirectories(folder.resolve(name));
        return new Engine(own, name, new InetSocketAddress("127.0.0.1", 0), null, 64 << 20, line -> {});
    }

    private void create(Engine engine, String self, long size, String peer, Engine at) throws IOException {
        Path image = folder.resolve(self).resolve("v.img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(size);
        }
        engine.create("v", image.toString(), folder.resolve(self).toString());
        engine.mirror(
                "v",
                peer,
                "127.0.0.1:" + at.replication().getPort(),
                MirrorType.SYNC,
                new MirrorSettings(Map.of("ResumeDelayMs", 50L)));
    }

    private static long used() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    /** As large as a file may be on common file systems: bits for all of it would be 240 MB on each side. */
    @Test
    void aMirrorTakesMemoryForWhatDiffersInPart() throws Exception {
        try (Engine a = engine("A");
                Engine b = engine("B")) {
            long before = used();
            create(a, "A", 15 * TIB, "B", b);
            create(b, "B", 15 * TIB, "A", a);
            a.startSource("v", 1, Trust.OWN, Long.MAX_VALUE);
            b.startTarget("v", 1, "A", false);
            EnginePair.until(
                    () -> a.volume("v").status().mirrors().get(0).get("state").equals(2));
            assertThat(used() - before).isLessThan(64L << 20);
        }
    }

    @Test
    void whatWouldNotFitIsRefused() throws Exception {
        MirrorMemory memory = new MirrorMemory(512L << 20);
        memory.take("v", 10 * TIB, 2);
        assertThatThrownBy(() -> memory.take("w", 10 * TIB, 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the mirrors of w may need")
                .hasMessageContaining("GiB together");
        memory.take("v", 10 * TIB, 1);
        memory.take("w", 10 * TIB, 1);
        memory.give("v");
        memory.take("w", 10 * TIB, 2);
        assertThatThrownBy(() -> memory.take("w", 200 * TIB, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at most 127 TiB");
    }
}
