package org.mainstay.core.internal.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CgroupsTest {
    @TempDir
    Path folder;

    @Test
    void namesAreFoldersWhateverTheTag() {
        assertThat(Cgroups.encode("pg-1_a.b")).isEqualTo("pg-1_a.b");
        assertThat(Cgroups.encode("../x y%ü")).isEqualTo("%2E.%2Fx%20y%25%C3%BC");
        assertThat(Cgroups.encode(".relays")).isNotEqualTo(".relays");
    }

    @Test
    void groupsOfTwoInstallationsOfOneNameDiffer() throws IOException {
        Path one = Files.createDirectory(folder.resolve("one"));
        Path two = Files.createDirectory(folder.resolve("two"));
        assertThat(Cgroups.installation("A", one))
                .matches("A-[0-9a-f]{8}")
                .isNotEqualTo(Cgroups.installation("A", two))
                .isEqualTo(Cgroups.installation("A", folder.resolve("two/../one")));
    }

    @Test
    void aMachineWithoutVersionTwoSaysSo() throws IOException {
        Path mounts = Files.writeString(folder.resolve("mountinfo"), "1 0 0:1 / / rw - tmpfs none rw\n");
        assertThatThrownBy(() -> Cgroups.find(mounts, "A", folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no version 2 control group");
    }

    @Test
    void aGroupThatDoesNotExistIsEmpty() {
        assertThat(Cgroups.members(folder.resolve("none"))).isEmpty();
        assertThat(Cgroups.isEmpty(folder.resolve("none"))).isTrue();
    }
}
