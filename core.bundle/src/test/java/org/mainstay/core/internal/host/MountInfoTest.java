package org.mainstay.core.internal.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class MountInfoTest {

    @Test
    void readsNamesWithSpacesAndOptionalFields() {
        MountInfo mount = MountInfo.parse(
                "36 35 98:0 /mnt1 /mnt/my\\040data rw,noatime master:1 shared:2 - ext3 /dev/my\\134root rw,errors=continue");
        assertThat(mount)
                .isEqualTo(new MountInfo(
                        36, "98:0", Path.of("/mnt/my data"), "ext3", "/dev/my\\root", "rw,noatime,rw,errors=continue"));
    }

    @Test
    void readsALineWithoutOptionalFields() {
        assertThat(MountInfo.parse("1 0 0:1 / / rw - tmpfs none rw").fileSystem())
                .isEqualTo("tmpfs");
    }

    @Test
    void refusesWhatIsNoLineOfTheTable() {
        assertThatThrownBy(() -> MountInfo.parse("36 35 98:0 / / rw"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("36 35 98:0");
    }
}
