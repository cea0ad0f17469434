package org.mainstay.itest.lab;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs programs on the machine the laboratory lives on. */
public final class Exec {

    /**
     * How a program ended.
     *
     * @param output standard output and standard error together
     */
    public record Result(List<String> command, int exitCode, String output) {

        /** Returns the output. @throws LabException if the program failed */
        public String orThrow() {
            if (exitCode != 0) {
                throw new LabException(String.join(" ", command) + " ended with " + exitCode + ":\n" + output.strip());
            }
            return output;
        }
    }

    private Exec() {}

    public static Result run(String... command) {
        return run(Duration.ofMinutes(5), List.of(command));
    }

    /** Runs to the end. @throws LabException if it does not end in time: it is killed then */
    public static Result run(Duration limit, List<String> command) {
        Path output = null;
        try {
            output = Files.createTempFile("mainstay-lab", ".out");
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                throw new LabException(String.join(" ", command) + " did not end within " + limit.toSeconds() + " s:\n"
                        + text(output));
            }
            return new Result(command, process.exitValue(), text(output));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while running " + String.join(" ", command));
        } finally {
            delete(output);
        }
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    private static void delete(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
