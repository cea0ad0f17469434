package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
}
