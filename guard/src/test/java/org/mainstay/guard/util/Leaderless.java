package org.mainstay.guard.util;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A real process whose first thread has ended while another one lives: {@code /proc/PID} shows a zombie. */
public final class Leaderless {
    private static final String PROGRAM = String.join(
            "\n",
            "import ctypes, threading, time",
            "threading.Thread(target=time.sleep, args=(1000,)).start()",
            "ctypes.CDLL(None).pthread_exit(None)");

    private Leaderless() {}

    /** Returns what to start. The test is skipped where there is no Python. */
    public static List<String> command() {
        assumeThat(System.getenv("PATH").split(":"))
                .as("needs python3")
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "python3")));
        return List.of("python3", "-c", PROGRAM);
    }

    /** Waits until the process that was started so looks dead. */
    public static void await(long pid) throws Exception {
        Await.until("the first thread of " + pid + " has ended", 30_000, () -> isZombie(pid));
    }

    /** Returns whether the first thread has ended and nobody has waited for the process yet. */
    public static boolean isZombie(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"), StandardCharsets.ISO_8859_1);
        return stat.substring(stat.lastIndexOf(')')).startsWith(") Z ");
    }
}
