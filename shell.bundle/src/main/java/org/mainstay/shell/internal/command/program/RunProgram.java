package org.mainstay.shell.internal.command.program;

import java.io.BufferedOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.mainstay.cluster.Registration;
import org.mainstay.shell.internal.registry.Cancellation;

/**
 * Runs a program for a caller: in LKROOT, with LKROOT/bin first in PATH, with an environment of its own, bytes passed on as they come.
 * When the caller gives up, the program and all it started end.
 */
final class RunProgram {
    private static final File NOTHING = new File("/dev/null");
    private static final String SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static final int BUFFER = 1 << 15;
    private static final int GRACE_SECONDS = 5;

    private final Path home;
    private final List<String> words;

    RunProgram(Path home, List<String> words) {
        this.home = home;
        this.words = words;
    }

    /** Runs it to its end. @return its exit code; 128 + the signal if one ended it */
    int run(PrintStream out, PrintStream err, Cancellation cancellation) throws IOException, InterruptedException {
        return run(out, (OutputStream) err, cancellation);
    }

    /** As {@link #run}, but standard error comes after all of standard output. */
    int runErrorsLast(PrintStream out, PrintStream err, Cancellation cancellation)
            throws IOException, InterruptedException {
        Path held = Files.createTempFile("mainstay-remexec", ".err");
        try {
            int code;
            try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(held))) {
                code = run(out, file, cancellation);
            }
            out.flush();
            Files.copy(held, err);
            err.flush();
            return code;
        } finally {
            Files.deleteIfExists(held);
        }
    }

    private int run(OutputStream out, OutputStream err, Cancellation cancellation)
            throws IOException, InterruptedException {
        Process process = start();
        try (Registration cancelled = cancellation.whenCancelled(() -> endAside(process))) {
            Thread errors = new Thread(() -> pass(process.getErrorStream(), err, process), "mainstay-remexec-errors");
            errors.setDaemon(true);
            errors.start();
            pass(process.getInputStream(), out, process);
            errors.join();
            return process.waitFor();
        } finally {
            end(process);
        }
    }

    private Process start() throws IOException {
        List<String> line = new ArrayList<>();
        Path launcher = home.resolve("lib/native/mainstay-exec");
        if (Files.isExecutable(launcher)) {
            line.addAll(List.of(launcher.toString(), "run", "--grace", "2000", "--"));
        }
        // sh looks the program up in the PATH it is given; Java would use the service's own
        line.addAll(List.of("/bin/sh", "-c", "exec \"$@\"", "sh"));
        line.addAll(words);
        ProcessBuilder builder =
                new ProcessBuilder(line).directory(home.toFile()).redirectInput(NOTHING);
        Map<String, String> environment = builder.environment();
        String user = System.getProperty("user.name", "root");
        String folder = System.getProperty("user.home", "/");
        environment.clear();
        environment.put("PATH", home.resolve("bin") + ":" + SYSTEM_PATH);
        environment.put("LKROOT", home.toString());
        environment.put("LANG", "C.UTF-8");
        environment.put("USER", user);
        environment.put("LOGNAME", user);
        environment.put("HOME", folder);
        return builder.start();
    }

    /** Passes bytes on until the end; a caller that is gone ends the program. */
    private static void pass(InputStream from, OutputStream to, Process process) {
        byte[] bytes = new byte[BUFFER];
        try (from) {
            while (true) {
                int got = from.read(bytes);
                if (got < 0) {
                    return;
                }
                synchronized (to) {
                    to.write(bytes, 0, got);
                    to.flush();
                }
                if (to instanceof PrintStream stream && stream.checkError()) {
                    end(process);
                    return;
                }
            }
        } catch (IOException e) {
            // the pipe breaks when the program is ended while somebody outside holds it
            end(process);
        }
    }

    /** For who must not wait until a program that ignores signals has ended. */
    private static void endAside(Process process) {
        Thread ending = new Thread(() -> end(process), "mainstay-remexec-end");
        ending.setDaemon(true);
        ending.start();
    }

    /** The launcher ends all that the program started; without it the descendants known now are ended. */
    private static void end(Process process) {
        List<ProcessHandle> below = process.descendants().toList();
        process.toHandle().destroy();
        boolean gone;
        try {
            gone = process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            gone = false;
        }
        if (!gone) {
            process.toHandle().destroyForcibly();
        }
        below.forEach(ProcessHandle::destroyForcibly);
    }
}
