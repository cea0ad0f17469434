package org.mainstay.core.internal.guard;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the guard's process and starts it again, with the command line it left in {@code data/guard/command}. */
final class GuardStarter {
    private static final Logger LOG = LoggerFactory.getLogger(GuardStarter.class);

    private final Path home;

    /** @param home the installation folder; empty for the working directory */
    GuardStarter(Path home) {
        this.home = home;
    }

    /** Returns the guard's process if its pid file names one that lives and is not a recycled pid. */
    Optional<ProcessHandle> running() {
        try {
            String[] parts =
                    Files.readString(home.resolve("data/run/guard.pid")).strip().split(" ");
            long pid = Long.parseLong(parts[0]);
            Optional<String> started = startTime(pid);
            return started.isPresent() && parts.length == 2 && started.get().equals(parts[1])
                    ? ProcessHandle.of(pid)
                    : Optional.empty();
        } catch (IOException | NumberFormatException e) {
            LOG.debug("no usable guard pid file: {}", e.toString());
            return Optional.empty();
        }
    }

    /** Returns field 22 of /proc/PID/stat; empty if there is no such process or it is a zombie. */
    private static Optional<String> startTime(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"), StandardCharsets.ISO_8859_1);
            // The name in parentheses may hold anything, spaces and parentheses included: count from its end.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return fields[0].equals("Z") ? Optional.empty() : Optional.of(fields[19]);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /**
     * Starts the guard detached from this process: in a session of its own, so that what ends Karaf's session spares it.
     *
     * @return false if this installation has never run a guard: nothing to start
     * @throws IOException if the process cannot be started
     */
    boolean start() throws IOException {
        Path recorded = home.resolve("data/guard/command");
        if (!Files.isReadable(recorded)) {
            return false;
        }
        List<String> command = new ArrayList<>(detacher());
        command.addAll(Arrays.asList(Files.readString(recorded).split("\0")));
        File log = home.resolve("data/log/guard-console.log").toFile();
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(home.toAbsolutePath().toFile())
                .redirectInput(new File("/dev/null"))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
                .redirectErrorStream(true);
        Process process = builder.start();
        LOG.info("started the guard again, process {}", process.pid());
        return true;
    }

    private static List<String> detacher() {
        for (String setsid : List.of("/usr/bin/setsid", "/bin/setsid")) {
            if (Files.isExecutable(Path.of(setsid))) {
                return List.of(setsid);
            }
        }
        return List.of();
    }
}
