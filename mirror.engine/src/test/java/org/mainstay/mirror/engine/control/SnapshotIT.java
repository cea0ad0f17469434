package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients we did not write, on a snapshot, while the source writes. */
@Timeout(180)
class SnapshotIT {
    private static final int SIZE = 32 << 20;

    @TempDir
    private Path folder;

    private Process start(String... command) throws IOException, InterruptedException {
        assumeTrue(
                new ProcessBuilder("sh", "-c", "command -v " + command[0])
                                .start()
                                .waitFor()
                        == 0,
                command[0] + " is not installed");
        return new ProcessBuilder(List.of(command))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(Files.createTempFile(folder, "out", "").toFile())
                .start();
    }

    private void run(String... command) throws IOException, InterruptedException {
        Process process = start(command);
        boolean ended = process.waitFor(90, TimeUnit.SECONDS);
        process.destroyForcibly();
        assertThat(ended && process.exitValue() == 0)
                .as(String.join(" ", command))
                .isTrue();
    }

    private static byte[] filled(int value) {
        byte[] all = new byte[SIZE];
        Arrays.fill(all, (byte) value);
        return all;
    }

    // covers SNAP-001 SNAP-021
    @Test
    void itIsReadAndWrittenWhileTheMirrorReceives() throws Exception {
        Path place = Files.createDirectories(folder.resolve("place"));
        List<String> events = new CopyOnWriteArrayList<>();
        try (EnginePair pair = new EnginePair(folder, SIZE, "v")) {
            String source = pair.uri("A", "v@1");
            run("qemu-io", "-f", "raw", "-c", "write -P 1 0 32M", source);
            pair.b.snapshotLocation("v", place.toString(), 0);
            pair.a.env().listen(events::add);
            pair.take("a1", "v");
            String snapshot = pair.uri("B", "v@snapshot-a1");

            Process writes = start(
                    "sh",
                    "-c",
                    "for i in 2 3 4; do qemu-io -f raw -c \"write -P $i 0 32M\" '" + source + "' || exit 1; done");
            for (int i = 0; i < 3; i++) {
                run("nbdcopy", "--connections=4", snapshot, "copy" + i);
                assertThat(Files.readAllBytes(folder.resolve("copy" + i))).isEqualTo(filled(1));
            }
            assertThat(writes.waitFor(90, TimeUnit.SECONDS)).isTrue();
            assertThat(writes.exitValue()).isZero();
            run(
                    "qemu-io",
                    "-f",
                    "raw",
                    "-c",
                    "read -P 1 0 32M",
                    "-c",
                    "write -P 9 1M 3M",
                    "-c",
                    "write -z 8M 1M",
                    "-c",
                    "write -P 7 777 333",
                    "-c",
                    "discard 20M 1M",
                    "-c",
                    "flush",
                    "-c",
                    "read -P 9 1M 3M",
                    "-c",
                    "read -P 0 8M 1M",
                    "-c",
                    "read -P 7 777 333",
                    "-c",
                    "read -P 1 2000 60000",
                    "-c",
                    "read -P 1 24M 8M",
                    snapshot);

            assertThat(pair.state("v")).isEqualTo(1);
            assertThat(events).as("the mirror was never out of step").noneMatch(line -> line.startsWith("state"));
            assertThat(Files.readAllBytes(pair.image("B", "v"))).isEqualTo(filled(4));
            assertThat(Files.readAllBytes(pair.image("A", "v"))).isEqualTo(filled(4));
            pair.b.snapshots().drop(pair.b.volume("v"), "");
            Process gone = start("nbdinfo", snapshot);
            assertThat(gone.waitFor(90, TimeUnit.SECONDS)).isTrue();
            assertThat(gone.exitValue()).isNotZero();
        }
    }
}
