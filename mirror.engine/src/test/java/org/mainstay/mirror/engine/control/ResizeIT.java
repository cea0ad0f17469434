package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A volume that is made larger while it is in use: attachment, loop device and file system follow (MGUIDE-401). */
class ResizeIT {
    @TempDir
    Path work;

    @Test
    @Timeout(180)
    void theFileSystemGrowsWhileItIsWritten() throws Exception {
        assumeTrue(
                "root".equals(System.getProperty("user.name")) && Files.isWritable(Path.of("/dev/fuse")),
                "needs root, loop devices and FUSE");
        assumeTrue(
                new ProcessBuilder("sh", "-c", "command -v fio python3").start().waitFor() == 0, "needs fio, python3");
        ProcessBuilder builder = new ProcessBuilder("bash", "src/test/sh/engine-resize.sh").redirectErrorStream(true);
        builder.environment().put("WORK", work.toString());
        builder.environment()
                .put("CLASSES", Path.of("target/classes").toAbsolutePath().toString());
        builder.environment().put("NATIVE", System.getProperty("mainstay.mirror.native"));
        Path output = work.resolve("output");
        Process process = builder.redirectOutput(output.toFile()).start();
        boolean ended = process.waitFor(170, TimeUnit.SECONDS);
        assertThat(ended && process.exitValue() == 0)
                .as(Files.readString(output))
                .isTrue();
        assertThat(Files.readString(output)).contains("the file system grew while it was written, both sides equal");
    }
}
