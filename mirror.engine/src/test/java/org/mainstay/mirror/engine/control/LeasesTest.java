package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an engine goes on with after its own restart, and after nothing else. */
class LeasesTest {
    @TempDir
    private Path folder;

    @Test
    void aRoleHoldsWithinTheBootInWhichItWasGiven() throws IOException {
        new Leases(folder).put("v", "SOURCE", 4, "", Long.MAX_VALUE);
        assertThat(new Leases(folder).get("v")).containsEntry("role", "SOURCE").containsEntry("epoch", "4");
        assertThat(new Leases(folder, "the next boot").get("v")).isEmpty();
    }

    /** A machine that is a container has the kernel's boot id, and may get the same namespace again. */
    @Test
    void theFirstProcessBelongsToTheBoot() throws IOException {
        new Leases(folder).put("v", "SOURCE", 4, "", Long.MAX_VALUE);
        String stat = Files.readString(Path.of("/proc/1/stat"));
        String start = stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19];
        String text = Files.readString(folder.resolve("v.role"));
        assertThat(text).contains("]/" + start + " SOURCE");
        Files.writeString(folder.resolve("v.role"), text.replace("]/" + start + " ", "]/1" + start + " "));
        assertThat(new Leases(folder).get("v")).isEmpty();
    }

    @Test
    void aRoleEndsWithItsLease() throws IOException {
        Leases leases = new Leases(folder);
        leases.put("v", "SOURCE", 4, "", Leases.uptime() + 3_600_000);
        assertThat(leases.get("v")).containsEntry("role", "SOURCE");
        leases.put("v", "SOURCE", 4, "", Leases.uptime() - 1);
        assertThat(leases.get("v")).isEmpty();
        leases.put("v", "SOURCE", 4, "", Long.MAX_VALUE);
        leases.remove("v");
        assertThat(leases.get("v")).isEmpty();
    }
}
