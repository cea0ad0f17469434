package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Engines and attachment are part of the way memory is reclaimed: memory full of the volume's dirty pages stalls nobody for long.
 * {@code -Dmainstay.dirty.minutes=10}: as long as that in each part, on more than the kernel lets be dirty, and with 5 s as the limit.
 */
class DirtyPagesIT {
    private static final int MINUTES = Integer.getInteger("mainstay.dirty.minutes", 0);
    /** Of a part of the short run. */
    private static final int SECONDS = 20;

    @TempDir
    Path work;

    @Test
    void memoryFullOfDirtyPagesStallsNobody() throws Exception {
        assumeTrue(
                "root".equals(System.getProperty("user.name")) && Files.isWritable(Path.of("/dev/fuse")),
                "needs root, loop devices and FUSE");
        assumeTrue(
                new ProcessBuilder("sh", "-c", "command -v fio python3").start().waitFor() == 0, "needs fio, python3");
        ProcessBuilder builder = new ProcessBuilder("bash", "src/test/sh/dirty-pages.sh").redirectErrorStream(true);
        builder.environment().put("WORK", work.toString());
        builder.environment()
                .put("CLASSES", Path.of("target/classes").toAbsolutePath().toString());
        builder.environment().put("NATIVE", System.getProperty("mainstay.mirror.native"));
        builder.environment().put("SECONDS_EACH", Integer.toString(MINUTES > 0 ? MINUTES * 60 : SECONDS));
        builder.environment().put("DIRTY", MINUTES > 0 ? "beyond" : "1024");
        // the short one runs beside other tests: only a stall that would not have ended is told from a busy machine
        builder.environment().put("LIMIT", MINUTES > 0 ? "5000" : "60000");
        Path output = work.resolve("output");
        Process process = builder.redirectOutput(output.toFile()).start();
        boolean ended = process.waitFor(600 + 120L * MINUTES + 600L * Math.min(MINUTES, 1), TimeUnit.SECONDS);
        if (!ended) {
            process.destroy(); // its trap ends what it started
            process.waitFor(60, TimeUnit.SECONDS);
        }
        assertThat(ended && process.exitValue() == 0)
                .as(Files.readString(output))
                .isTrue();
        assertThat(Files.readString(output)).contains("in step all the time, both sides equal");
        System.out.print(Files.readString(output));
    }
}
