package org.mainstay.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.util.Log;

@Timeout(120)
class LastResortTest {
    @TempDir
    Path folder;

    /** A process whose threads are watched. */
    static final class Watched {
        private Watched() {}

        public static void main(String[] arguments) throws Exception {
            new LastResort(new Log(Path.of(arguments[0]))).watchThreads();
            Thread harmless = new Thread(() -> {
                throw new IllegalStateException("harmless");
            });
            harmless.start();
            harmless.join();
            new Thread(
                            () -> {
                                throw new OutOfMemoryError("unable to create native thread");
                            },
                            "guard-heartbeats")
                    .start();
            new CountDownLatch(1).await();
        }
    }

    @Test
    void anErrorThatEndsAThreadEndsTheProcess() throws Exception {
        Path log = folder.resolve("log");
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Watched.class.getName(),
                        log.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile())
                .start();
        try {
            assertThat(process.waitFor(100, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(LastResort.DEFECT);
            assertThat(Files.readString(log)).contains("harmless").contains("the thread guard-heartbeats ended");
        } finally {
            process.destroyForcibly();
        }
    }
}
