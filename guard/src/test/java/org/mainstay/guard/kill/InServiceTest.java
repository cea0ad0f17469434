package org.mainstay.guard.kill;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InServiceTest {
    private static final String MOUNT = "MOUNT\t/srv/data\t/img/data\t/areas/data";

    @Test
    void aLostAreaEndsItsVolumeAndTheProcessesOfItsHierarchy() {
        InService here = new InService(Map.of(
                "vol", List.of("HIERARCHY\tdb", MOUNT),
                "db", List.of("HIERARCHY\tdb", "CGROUP\t/cg/db", "ADDRESS\tlo\t10.0.0.1/8"),
                "other", List.of("HIERARCHY\tother", "CGROUP\t/cg/other")));
        assertThat(here.users("/areas/data")).containsExactly("vol");
        assertThat(here.endingUsersOf("/areas/data")).containsExactly(MOUNT, "CGROUP\t/cg/db");
        assertThat(here.endingUsersOf("/areas/unknown")).isEmpty();
    }

    @Test
    void whereNoHierarchyIsKnownAllProcessesAreEnded() {
        InService here = new InService(Map.of(
                "vol", List.of("MOUNT\t/srv/data\t/img/data\t/areas/data"),
                "other", List.of("HIERARCHY\tother", "CGROUP\t/cg/other")));
        assertThat(here.endingUsersOf("/areas/data"))
                .containsExactly("MOUNT\t/srv/data\t/img/data\t/areas/data", "CGROUP\t/cg/other");
    }

    @Test
    void aHierarchyIsNotAHandle() {
        InService here = new InService(Map.of("app", List.of("HIERARCHY\tapp")));
        assertThat(here.handles("app")).isEmpty();
        assertThat(here.isEmpty()).isFalse();
    }

    @Test
    void aDeviceThatIsReservedByCommandsHasNoArea() {
        InService here = new InService(Map.of(
                "device", List.of("MOUNT\t/srv/a\t/dev/sdb1\tscsi"), "image", List.of(MOUNT, "CGROUP\t/cg/image")));
        assertThat(here.areas()).containsExactly("/areas/data");
    }
}
