package org.mainstay.guard.util;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateFileTest {
    @TempDir
    Path folder;

    @Test
    void replacesAsAWholeForTheOwnerAlone() throws IOException {
        StateFile file = new StateFile(folder.resolve("keys"));
        assertThat(file.read()).isEmpty();
        file.write(List.of("one", "two"));
        file.write(List.of("three"));
        assertThat(file.read()).containsExactly("three");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("keys"))))
                .isEqualTo("rw-------");
    }

    @Test
    void aWriteThatDidNotFinishLeavesTheOldLines() throws IOException {
        StateFile file = new StateFile(folder.resolve("keys"));
        file.write(List.of("old"));
        Files.writeString(folder.resolve("keys.new"), "half a li");
        assertThat(file.read()).containsExactly("old");
        file.write(List.of("new"));
        assertThat(file.read()).containsExactly("new");
    }

    @Test
    void aMissingFolderIsAnError() {
        StateFile file = new StateFile(folder.resolve("none/keys"));
        assertThatThrownBy(() -> file.write(List.of("x"))).isInstanceOf(IOException.class);
    }
}
