package org.mainstay.core.internal.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** The native programs, compiled from this source tree so that they are never older than it; without a compiler those of the build. */
final class NativePrograms {
    private static Path folder;

    private NativePrograms() {}

    static synchronized Path folder() {
        if (folder == null) {
            folder = find();
        }
        return folder;
    }

    private static Path find() {
        Path sources = Path.of("../native/src/main/c").toAbsolutePath().normalize();
        Path target = Path.of("target/test-native").toAbsolutePath();
        Path built = Path.of(System.getProperty("mainstay.native", "none"));
        if (!Files.isExecutable(Path.of("/usr/bin/gcc"))) {
            Assumptions.assumeTrue(
                    Files.isExecutable(built.resolve("mainstay-net")), "needs a C compiler or the programs of a build");
            return built;
        }
        try {
            Files.createDirectories(target);
            for (String name : List.of("mainstay-exec", "mainstay-net")) {
                compile(sources.resolve(name + ".c"), target.resolve(name));
            }
            return target;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void compile(Path source, Path program) throws IOException, InterruptedException {
        Process gcc = new ProcessBuilder(
                        "gcc",
                        "-std=gnu11",
                        "-O2",
                        "-Wall",
                        "-Wextra",
                        "-Werror",
                        "-D_GNU_SOURCE",
                        "-o",
                        program.toString(),
                        source.toString())
                .redirectErrorStream(true)
                .start();
        String text = new String(gcc.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(gcc.waitFor()).as(text).isZero();
    }
}
