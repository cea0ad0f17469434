package org.mainstay.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A native program of this repository, compiled for a test from its source. */
public final class NativeHelper {
    private static final Path TESTS = Path.of("src/test/c").toAbsolutePath();

    private NativeHelper() {}

    /**
     * Compiles it into the folder. A file of its name in {@code src/test/c} stands in for the kernel's answers to its {@code ioctl}.
     * The test is skipped where there is no C compiler.
     */
    public static Path compile(String name, Path folder) throws Exception {
        Path standIn = TESTS.resolve(name + ".c");
        Path source = sources().resolve(name + ".c");
        Path program = folder.resolve(name);
        return Files.exists(standIn)
                ? compile(program, List.of("-Wl,--wrap=ioctl", source.toString(), standIn.toString()))
                : compile(program, List.of(source.toString()));
    }

    /** Compiles a program of {@code src/test/c} that includes a header of the product. */
    public static Path compileTest(String name, Path folder) throws Exception {
        return compile(
                folder.resolve(name),
                List.of("-I" + sources(), TESTS.resolve(name + ".c").toString()));
    }

    private static Path sources() {
        return Path.of(System.getProperty("mainstay.native.sources", "../native/src/main/c"))
                .toAbsolutePath();
    }

    private static Path compile(Path program, List<String> what) throws Exception {
        Path compiler = Path.of("/usr/bin/gcc");
        assumeThat(Files.isExecutable(compiler)).as("needs a C compiler").isTrue();
        List<String> command = new ArrayList<>(List.of(
                compiler.toString(),
                "-std=gnu11",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-D_GNU_SOURCE",
                "-o",
                program.toString()));
        command.addAll(what);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return program;
    }
}
