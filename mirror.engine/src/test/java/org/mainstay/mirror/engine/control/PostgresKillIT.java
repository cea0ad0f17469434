package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A database with checksums on a synchronous mirror: kills of the engine and of the database, then a takeover, cost no acknowledged row.
 * More kills: {@code -Dmainstay.postgres.kills=N}.
 */
class PostgresKillIT {
    private static final int KILLS = Integer.getInteger("mainstay.postgres.kills", 2);

    @TempDir
    Path work;

    @Test
    void aTakeoverAfterKillsLosesNoAcknowledgedRow() throws Exception {
        assumeTrue(
                "root".equals(System.getProperty("user.name")) && Files.isWritable(Path.of("/dev/fuse")),
                "needs root, loop devices and FUSE");
        assumeTrue(
                new ProcessBuilder("sh", "-c", "ls /usr/lib/postgresql/*/bin/pg_amcheck && command -v python3")
                                .start()
                                .waitFor()
                        == 0,
                "needs PostgreSQL 14 or later, python3");
        ProcessBuilder builder = new ProcessBuilder("bash", "src/test/sh/engine-postgres.sh").redirectErrorStream(true);
        builder.environment().put("WORK", work.toString());
        builder.environment().put("KILLS", Integer.toString(KILLS));
        builder.environment()
                .put("CLASSES", Path.of("target/classes").toAbsolutePath().toString());
        builder.environment().put("NATIVE", System.getProperty("mainstay.mirror.native"));
        Path output = work.resolve("output");
        Process process = builder.redirectOutput(output.toFile()).start();
        boolean ended = process.waitFor(240 + 30L * KILLS, TimeUnit.SECONDS);
        assertThat(ended && process.exitValue() == 0)
                .as(Files.readString(output))
                .isTrue();
        assertThat(Files.readString(output)).contains("all found").contains("nothing damaged");
    }
}
