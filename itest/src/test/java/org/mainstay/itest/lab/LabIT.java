package org.mainstay.itest.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tests' own tools: a power cut that loses nothing, or a cable that stays in, would prove nothing. */
class LabIT {
    @TempDir
    Path folder;

    private Path distribution;

    @BeforeEach
    void makeDistribution() throws IOException {
        RootNeeded.assume();
        Files.createDirectories(folder.resolve("mainstay-0/bin"));
        distribution = folder.resolve("fake.tar.gz");
        Exec.run("tar", "-czf", distribution.toString(), "-C", folder.toString(), "mainstay-0")
                .orThrow();
    }

    @Test
    void aPowerCutLosesWhatWasNotFlushedAndNothingElse() {
        try (Lab lab = Lab.open(2)) {
            Machine a = lab.addServer("A", distribution).machine();
            Machine b = lab.addServer("B", distribution).machine();
            Database database = Database.create(lab, a, List.of());
            a.run("mount", "-o", "loop", database.image().toString(), Database.MOUNT)
                    .orThrow();
            a.run("sh", "-c", "echo kept > /srv/pg/flushed; sync /srv/pg/flushed; echo gone > /srv/pg/unflushed")
                    .orThrow();
            assertThat(a.run("cat", "/srv/pg/unflushed").orThrow()).isEqualTo("gone\n");

            a.powerCut();

            assertThat(a.isOn()).isFalse();
            assertThat(b.run("ping", "-c", "1", "-W", "1", a.address(1)).exitCode())
                    .isNotZero();
            b.run("mount", "-o", "loop", database.image().toString(), Database.MOUNT)
                    .orThrow();
            assertThat(b.run("cat", "/srv/pg/flushed").orThrow()).isEqualTo("kept\n");
            assertThat(b.run("cat", "/srv/pg/unflushed").exitCode()).isNotZero();
            b.run("umount", Database.MOUNT).orThrow();

            a.powerOn();
            assertThat(a.run("ls", Machine.HOME_PARENT).orThrow()).contains("mainstay-0");
            Await.until(
                    "it answers again",
                    Duration.ofSeconds(30),
                    () -> b.run("ping", "-c", "1", "-W", "1", a.address(1)).exitCode() == 0);
        }
    }

    @Test
    void aPulledCableStopsTheOneNetworkOnly() {
        try (Lab lab = Lab.open(2)) {
            Machine a = lab.addServer("A", distribution).machine();
            Machine b = lab.addServer("B", distribution).machine();
            a.cable(1, false);
            assertThat(b.run("ping", "-c", "1", "-W", "1", a.address(1)).exitCode())
                    .isNotZero();
            assertThat(b.run("ping", "-c", "1", "-W", "1", a.address(2)).exitCode())
                    .isZero();
            a.cable(1, true);
            Await.until(
                    "the cable carries again",
                    Duration.ofSeconds(30),
                    () -> b.run("ping", "-c", "1", "-W", "1", a.address(1)).exitCode() == 0);
        }
    }

    @Test
    void closingLeavesNothingBehind() {
        String prefix;
        Path directory;
        try (Lab lab = Lab.open(1)) {
            prefix = lab.prefix();
            directory = lab.directory();
            lab.addServer("A", distribution);
        }
        assertThat(Exec.run("ip", "netns", "list").output()).doesNotContain(prefix);
        assertThat(Exec.run("losetup", "-l").output()).doesNotContain(directory.toString());
        assertThat(directory).doesNotExist();
    }
}
