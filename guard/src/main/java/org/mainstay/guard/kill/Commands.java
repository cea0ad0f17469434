package org.mainstay.guard.kill;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the system's own tools; bounded in time and output. */
@FunctionalInterface
interface Commands {

    /** How a tool ended. @param code exit code, -1 if it could not be started, -2 if its time ran out */
    record Ended(int code, String output) {
        boolean succeeded() {
            return code == 0;
        }

        /** Returns its last line. */
        String summary() {
            String[] lines = output.strip().split("\\R");
            return lines[lines.length - 1].isBlank() ? "exit code " + code : lines[lines.length - 1];
        }
    }

    Ended run(List<String> command) throws InterruptedException;

    /** Returns the real thing. @param limitSeconds after which a tool is killed */
    static Commands real(int limitSeconds) {
        return command -> {
            if (Thread.interrupted()) {
                // Whoever waits for it has given up: a late unmount could meet what is in service again.
                throw new InterruptedException();
            }
            try {
                Process process = new ProcessBuilder(command)
                        .redirectInput(new File("/dev/null"))
                        .redirectErrorStream(true)
                        .start();
                if (!ended(process, limitSeconds)) {
                    process.destroyForcibly();
                    return new Ended(-2, command.get(0) + " did not end within " + limitSeconds + " s");
                }
                // Nothing that is called here says more than a pipe holds.
                byte[] output = process.getInputStream().readNBytes(8192);
                return new Ended(process.exitValue(), new String(output, StandardCharsets.UTF_8));
            } catch (IOException e) {
                return new Ended(-1, e.getMessage());
            }
        };
    }

    /** A tool is not left behind when its caller is interrupted. */
    private static boolean ended(Process process, int limitSeconds) throws InterruptedException {
        try {
            return process.waitFor(limitSeconds, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            throw e;
        }
    }
}
