package org.mainstay.mirror.internal.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Loop devices and ext4 for real, in a mount namespace of its own, so that nothing stays mounted whatever fails. */
class VolumeKitIT {
    @TempDir
    Path folder;

    @Test
    void aVolumeOnARealImage() throws Exception {
        assumeThat(System.getProperty("user.name")).as("needs root").isEqualTo("root");
        run("truncate", "-s", "16M", folder.resolve("disk.img").toString());
        run("truncate", "-s", "1M", folder.resolve("blank.img").toString());
        run("mkfs.ext4", "-q", folder.resolve("disk.img").toString());
        String output = run(
                "unshare",
                "-m",
                "--propagation",
                "private",
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                VolumeStory.class.getName(),
                folder.toString());
        assertThat(output).contains("told");
        assertThat(run(
                        "losetup",
                        "-n",
                        "-O",
                        "NAME",
                        "-j",
                        folder.resolve("disk.img").toString()))
                .isBlank();
    }

    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
