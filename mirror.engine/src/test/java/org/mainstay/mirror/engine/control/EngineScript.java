package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A test in {@code src/test/sh} of engines as processes, with a file system on their attachment. */
final class EngineScript {
    private EngineScript() {}

    /** The test is left out where it cannot run. @param check a command of the shell that looks for {@code programs} */
    static void needs(String check, String programs) throws IOException, InterruptedException {
        assumeTrue(
                "root".equals(System.getProperty("user.name")) && Files.isWritable(Path.of("/dev/fuse")),
                "needs root, loop devices and FUSE");
        assumeTrue(new ProcessBuilder("sh", "-c", check).start().waitFor() == 0, "needs " + programs);
    }

    static void needsFio() throws IOException, InterruptedException {
        needs("command -v fio && command -v python3", "fio, python3");
    }

    /**
     * Runs it, and fails if it does.
     *
     * @param work an empty folder
     * @param more of its environment
     * @return what it told
     */
    static String run(String name, Path work, long seconds, Map<String, String> more)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder("bash", "src/test/sh/" + name).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment.put("WORK", work.toString());
        environment.put("CLASSES", Path.of("target/classes").toAbsolutePath().toString());
        environment.put("NATIVE", System.getProperty("mainstay.mirror.native"));
        environment.putAll(more);
        Path output = work.resolve("output");
        Process process = builder.redirectOutput(output.toFile()).start();
        boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
        if (!ended) {
            process.destroy(); // its trap ends what it started
            process.waitFor(60, TimeUnit.SECONDS);
        }
        String told = Files.readString(output);
        assertThat(ended).as("ended within %d s\n%s", seconds, told).isTrue();
        assertThat(process.exitValue()).as(told).isZero();
        return told;
    }
}
