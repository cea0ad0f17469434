package org.mainstay.guard.reserve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AreaFileTest {
    @TempDir
    Path folder;

    @Test
    void initialiseNeverTouchesSlots() throws IOException {
        Path path = folder.resolve("a.reservation");
        Slot slot = new Slot(UUID.randomUUID(), "A", Slot.State.CLAIMED, 5, 6, 20, 500);
        try (AreaFile file = AreaFile.initialise(path)) {
            file.write(31, slot);
        }
        try (AreaFile again = AreaFile.initialise(path)) {
            assertThat(again.read().get(31).slot()).isEqualTo(slot);
            assertThat(again.read().get(0)).isEqualTo(new AreaFile.Page(null, null));
        }
        assertThat(Files.size(path)).isEqualTo(AreaFile.BYTES);
    }

    @Test
    void foreignContentIsNotOverwritten() throws IOException {
        Path path = folder.resolve("data");
        Files.writeString(path, "somebody's data");
        assertThatThrownBy(() -> AreaFile.initialise(path)).hasMessageContaining("holds something else");
        byte[] late = new byte[(int) AreaFile.BYTES];
        late[late.length - 5] = 1;
        Files.write(path, late);
        assertThatThrownBy(() -> AreaFile.initialise(path)).hasMessageContaining("holds something else");
        assertThat(Files.readAllBytes(path)).isEqualTo(late);
        assertThatThrownBy(() -> AreaFile.open(path)).hasMessageContaining("no reservation area");
    }

    @Test
    void aFileThatWasCreatedByHandBecomesAnArea() throws IOException {
        Path path = folder.resolve("zeros");
        Files.write(path, new byte[(int) AreaFile.BYTES]);
        try (AreaFile file = AreaFile.initialise(path)) {
            assertThat(file.read()).hasSize(AreaFile.SLOTS);
        }
    }

    @Test
    void missingAndShortFilesAreErrorsWithAReason() throws IOException {
        assertThatThrownBy(() -> AreaFile.open(folder.resolve("none"))).hasMessageContaining("does not exist");
        assertThatThrownBy(() -> AreaFile.initialise(folder.resolve("none/none")))
                .hasMessageContaining("folder");
        assertThatThrownBy(() -> AreaFile.initialise(folder)).hasMessageContaining("directory");
        Path path = folder.resolve("short");
        AreaFile.initialise(path).close();
        try (var channel = java.nio.channels.FileChannel.open(path, java.nio.file.StandardOpenOption.WRITE)) {
            channel.truncate(2 * Slot.BYTES);
        }
        try (AreaFile file = AreaFile.open(path)) {
            assertThatThrownBy(file::read).hasMessageContaining("ends after");
        }
    }
}
