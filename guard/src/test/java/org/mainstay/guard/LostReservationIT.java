package org.mainstay.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.mainstay.guard.control.Link;
import org.mainstay.guard.util.Await;

/** What becomes of a mount of which another server has taken the reservation: nothing may be written over that server's data. */
class LostReservationIT extends KillMachine {
    /** Lets A hold the reservation of what is mounted and B take it by force. Returns when A's guard has done what follows. */
    private void taken(GuardProcess a, String source) throws Exception {
        Path area = folder.resolve("image.reservation");
        GuardProcess b = guard("B", "");
        try (Link linkA = a.manager()) {
            linkA.ask("1", "report A 1 1 0 0 0 0");
            assertThat(linkA.ask("2", "reservation initialise " + area + " -")).startsWith("2 ok");
            assertThat(linkA.ask("3", "reservation claim " + area + " -")).startsWith("3 ok");
            assertThat(linkA.ask(
                            "4",
                            "inservice 1\nhandles vol HIERARCHY%09vol MOUNT%09" + mount + "%09" + source + "%09"
                                    + area))
                    .startsWith("4 ok");
            try (Link linkB = b.manager()) {
                linkB.ask("1", "report B 1 1 0 0 0 0");
                assertThat(linkB.ask("2", "reservation claim " + area + " force"))
                        .startsWith("2 ok");
            }
            Await.until("told", 30_000, () -> linkA.lines.stream().anyMatch(line -> line.startsWith("* lost")));
        }
    }

    /** The log is written by a thread of its own. */
    private static void awaitLog(GuardProcess guard, String text) throws Exception {
        Path log = guard.home.resolve("data/log/guard.log");
        Await.until(text, 30_000, () -> {
            try {
                return Files.readString(log).contains(text);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    @Test
    void whatCannotBeCutOffWithoutWritingIsLeftMountedWhenAnotherServerHasIt() throws Exception {
        // Any file system that is not cut off by its own means: to stop it the kernel would write what is dirty.
        GuardProcess a = guard("A", "mount -t tmpfs other '" + mount + "'");
        taken(a, "other");
        awaitLog(a, "is left mounted: tmpfs cannot be cut off");
        assertThat(isMounted(a)).isTrue();
        assertThat(inside(a, "touch", mount.resolve("writable").toString()).waitFor())
                .as("not remounted read-only either")
                .isZero();
    }

    @Test
    void ext3IsCutOffAsExt4Is() throws Exception {
        run("mkfs.ext3", "-q", "-F", image.toString());
        assumeThat(Files.readString(Path.of("/proc/filesystems"))).contains("ext3");
        GuardProcess a =
                guard("A", "device=$(losetup --show -f '" + image + "')\nmount -t ext3 \"$device\" '" + mount + "'");
        // A file that is open for writing refuses a remount that would write first.
        Process writer = inside(a, "sh", "-c", "exec 5>'" + mount + "/open'; echo open; exec sleep 1000");
        assertThat(writer.inputReader().readLine()).isEqualTo("open");
        taken(a, image.toString());
        awaitLog(a, "reservation lost: " + mount + " is cut off from its device");
        assertThat(isMounted(a)).isFalse();
    }
}
