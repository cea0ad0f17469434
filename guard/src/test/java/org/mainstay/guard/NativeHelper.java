package org.mainstay.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A native program of this repository, compiled for a test from its source. */
public final class NativeHelper {
    private NativeHelper() {}

    /** Compiles it into the folder. The test is skipped where there is no C compiler. */
    public static Path compile(String name, Path folder) throws Exception {
        Path compiler = Path.of("/usr/bin/gcc");
        assumeThat(Files.isExecutable(compiler)).as("needs a C compiler").isTrue();
        String sources = System.getProperty("mainstay.native.sources", "../native/src/main/c");
        Path source = Path.of(sources, name + ".c").toAbsolutePath();
        Path program = folder.resolve(name);
        Process process = new ProcessBuilder(List.of(
                        compiler.toString(),
                        "-std=gnu11",
                        "-Wall",
                        "-Wextra",
                        "-Werror",
                        "-D_GNU_SOURCE",
                        "-o",
                        program.toString(),
                        source.toString()))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return program;
    }
}
