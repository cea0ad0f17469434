package org.mainstay.shell.offline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.shell.testing.Waits;

/** All or nothing when somebody interrupts (CMD-356, CMD-357). */
@Timeout(120)
class InterruptionTest {
    @TempDir
    Path folder;

    private final Interruption interruption = new Interruption();

    @Test
    void beforeTheCommitNothingIsChanged() {
        assertThat(interruption.interrupt()).hasValue(1);
        assertThatThrownBy(interruption::begin).isInstanceOf(InterruptedIOException.class);
    }

    @Test
    void aCommitThatHasBegunIsEnded() throws Exception {
        interruption.begin();
        CompletableFuture<OptionalInt> end = new CompletableFuture<>();
        Thread signal = new Thread(() -> end.complete(interruption.interrupt()));
        signal.start();
        Waits.until(Duration.ofSeconds(60), () -> signal.getState() == Thread.State.WAITING);
        assertThat(end).isNotDone();
        interruption.ended(0);
        assertThat(end.get(60, TimeUnit.SECONDS)).hasValue(0);
        assertThat(interruption.interrupt()).as("nothing to interrupt").isEmpty();
    }

    // covers CMD-356
    @Test
    void theProcessEndsWithOne() throws Exception {
        Path pipe = folder.resolve("values");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        OfflineMain.class.getName(),
                        "lk_chg_value",
                        "-f",
                        pipe.toString())
                .redirectError(folder.resolve("err").toFile())
                .start();
        try (OutputStream values =
                CompletableFuture.supplyAsync(() -> opened(pipe)).get(100, TimeUnit.SECONDS)) {
            values.write("old=new\n".getBytes(StandardCharsets.US_ASCII));
            values.flush();
            assertThat(new ProcessBuilder("kill", "-TERM", Long.toString(process.pid()))
                            .start()
                            .waitFor())
                    .isZero();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(Files.readString(folder.resolve("err")))
                .isEqualTo("lk_chg_value: interrupted; nothing was changed\n");
    }

    /** Returns when the command reads: then it can be interrupted. */
    private static OutputStream opened(Path pipe) {
        try {
            return Files.newOutputStream(pipe);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
