package org.mainstay.core.internal.host;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;

/**
 * Starts programs through {@code mainstay-exec} and collects what they print. Thread-safe.
 *
 * <p>Environment of every program: PATH, LKROOT, LANG, MAINSTAY_INSTANCE (mark of the instance, see {@link MarkedProcesses}),
 * HOME, USER and LOGNAME of the user it runs as, then what the command sets. Nothing of Mainstay's own environment is passed on.
 */
final class Launcher {
    /** The search path of commands; not the service's own, so that a kit works the same however Mainstay was started. */
    static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static final File NOTHING = new File("/dev/null");
    private static final String OWN_MESSAGE = "mainstay-exec: ";
    private static final String OWN_NOTE = "mainstay-exec: note: ";
    /** How often a cancellation is looked for while a program runs. */
    private static final long POLL_MILLIS = 20;
    /** From SIGTERM to SIGKILL. */
    private static final Duration GRACE = Duration.ofSeconds(2);
    /** For the launcher itself to end after it was told to: its grace, 5 s for what does not die and some more for a loaded machine. */
    private static final Duration STOP_LIMIT = GRACE.plusSeconds(10);
    /** Its exit code when a kill ended not all, and what its last line says before their numbers. */
    private static final int SURVIVED = 123;

    private static final String SURVIVE = OWN_MESSAGE + "processes survive SIGKILL, they hang in the kernel:";
    /** For the last output to arrive after the program's end; the launcher closes the pipes, so this is a safety net. */
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(1);

    private final HostSettings settings;
    private final Optional<Cgroups> cgroups;
    private final ExecutorService readers;
    private final String installation;
    private final Survivors survivors = new Survivors();

    Launcher(HostSettings settings, Optional<Cgroups> cgroups, ExecutorService readers) {
        this.settings = settings;
        this.cgroups = cgroups;
        this.readers = readers;
        this.installation = installationName(settings);
    }

    private static String installationName(HostSettings settings) {
        try {
            return Cgroups.installation(settings.server(), settings.home());
        } catch (IOException e) {
            throw new IllegalArgumentException("the installation folder " + settings.home() + " cannot be read", e);
        }
    }

    /** Returns the path of {@code mainstay-exec}. */
    Path program() {
        return settings.nativeDirectory().resolve("mainstay-exec");
    }

    /** Returns the path of {@code mainstay-net}. */
    Path netProgram() {
        return settings.nativeDirectory().resolve("mainstay-net");
    }

    /** Returns the mark in the environment of everything that is started for the instance. */
    String mark(String tag) {
        return installation + "/" + Cgroups.encode(tag);
    }

    /**
     * Runs the command to its end, its time limit or its cancellation, whichever is first.
     *
     * @param takesEffect whether what it leaves hanging counts among the {@link #survivors}
     */
    CommandResult run(Command command, String tag, ActionTime time, boolean takesEffect) {
        if (command.startsService() && tag.isEmpty()) {
            return notStarted("only an action of a resource can start what stays in service");
        }
        long limit = command.timeLimit()
                .filter(own -> own.compareTo(time.remaining()) < 0)
                .orElse(time.remaining())
                .toNanos();
        if (limit <= 0 || time.cancelled()) {
            return new CommandResult(-2, "", "not started: the action's time is up or it was cancelled");
        }
        long end = System.nanoTime() + limit;
        Process process;
        try {
            process = start(command, tag);
        } catch (IOException e) {
            return notStarted("cannot start " + command.arguments().get(0) + ": " + e.getMessage());
        }
        OutputTail output = new OutputTail();
        OutputTail errors = new OutputTail();
        List<Future<?>> drains = new ArrayList<>();
        drains.add(readers.submit(() -> output.fill(process.getInputStream())));
        drains.add(readers.submit(() -> errors.fill(process.getErrorStream())));
        if (!command.input().isEmpty()) {
            readers.execute(() -> feed(process, command.input()));
        }
        Consumer<List<Long>> left = takesEffect ? pids -> keep(tag, pids) : pids -> {};
        String stopped = awaitEnd(process, end, time, left);
        finish(drains);
        if (!process.isAlive() && process.exitValue() == SURVIVED) {
            survivorsIn(errors.text()).ifPresent(left);
        }
        return result(process, output.text(), errors.text(), stopped);
    }

    private void keep(String tag, List<Long> pids) {
        if (pids.isEmpty()) {
            survivors.addUnknown(tag);
        } else {
            survivors.add(tag, pids);
        }
    }

    /** Returns what commands of the instance left that hangs in the kernel; empty if nothing. */
    Optional<String> survivors(String tag) {
        return survivors.of(tag);
    }

    /** Empty if the exit code is the program's own; an empty list: something hangs, and nobody knows what. */
    private static Optional<List<Long>> survivorsIn(String errors) {
        String[] lines = errors.strip().split("\n");
        String last = lines[lines.length - 1];
        return last.startsWith(SURVIVE)
                ? Optional.of(
                        Arrays.stream(last.substring(SURVIVE.length()).strip().split(" "))
                                .filter(word -> word.matches("[0-9]+"))
                                .map(Long::valueOf)
                                .toList())
                : Optional.empty();
    }

    private static CommandResult notStarted(String why) {
        return new CommandResult(-1, "", why);
    }

    private Process start(Command command, String tag) throws IOException {
        List<String> line = new ArrayList<>();
        line.add(program().toString());
        line.add(command.startsService() ? "serve" : "run");
        line.add("--grace");
        line.add(String.valueOf(GRACE.toMillis()));
        if (command.startsService()) {
            cgroups.ifPresent(groups -> line.addAll(List.of(
                    "--cgroup",
                    groups.of(tag).toString(),
                    "--relays",
                    groups.relays().toString())));
        }
        command.user().ifPresent(user -> line.addAll(List.of("--user", user)));
        command.directory().ifPresent(path -> line.addAll(List.of("--directory", path.toString())));
        line.add("--");
        line.addAll(command.arguments());
        ProcessBuilder builder = new ProcessBuilder(line);
        builder.directory(settings.home().toFile());
        Map<String, String> environment = builder.environment();
        environment.clear();
        environment.put("PATH", PATH);
        environment.put("LKROOT", settings.home().toString());
        environment.put("LANG", "C.UTF-8");
        if (!tag.isEmpty()) {
            environment.put(MarkedProcesses.VARIABLE, mark(tag));
        }
        environment.putAll(command.environment());
        if (command.input().isEmpty()) {
            builder.redirectInput(NOTHING);
        }
        return builder.start();
    }

    private static void feed(Process process, String input) {
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // a program need not read its input; its exit code tells whether it minded
            return;
        }
    }

    /** Returns why the program was stopped; null if it ended by itself. */
    private static String awaitEnd(Process process, long end, ActionTime time, Consumer<List<Long>> left) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    long rest = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                    if (process.waitFor(Math.max(1, Math.min(rest, POLL_MILLIS)), TimeUnit.MILLISECONDS)) {
                        return null;
                    }
                } catch (InterruptedException e) {
                    interrupted = true;
                }
                if (interrupted || time.cancelled()) {
                    stop(process, left);
                    return time.remaining().isZero()
                            ? "stopped: the action's time was up"
                            : "stopped: the action was cancelled";
                }
                if (System.nanoTime() - end >= 0) {
                    stop(process, left);
                    return "stopped: its time limit was up";
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The launcher itself sends SIGTERM to all the program left, and SIGKILL after its grace. */
    private static void stop(Process process, Consumer<List<Long>> left) {
        // not Process.destroy, which closes the pipes and loses the last output
        process.toHandle().destroy();
        if (!ended(process, STOP_LIMIT)) {
            // It cannot say any more what it leaves.
            List<Long> pids = process.descendants().map(ProcessHandle::pid).toList();
            if (!pids.isEmpty()) {
                left.accept(pids);
            }
            process.toHandle().destroyForcibly();
            ended(process, STOP_LIMIT);
        }
    }

    private static boolean ended(Process process, Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return process.waitFor(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    // the stop is bounded, and nothing may be left running behind it
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void finish(List<Future<?>> drains) {
        long end = System.nanoTime() + DRAIN_LIMIT.toNanos();
        boolean interrupted = Thread.interrupted();
        for (Future<?> drain : drains) {
            try {
                drain.get(Math.max(1, end - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (TimeoutException e) {
                // somebody outside our reach holds the pipe: its reader ends with it, this action goes on
                drain.cancel(true);
            } catch (ExecutionException e) {
                throw new IllegalStateException("reading the output failed", e.getCause());
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static CommandResult result(Process process, String output, String errors, String stopped) {
        if (stopped != null) {
            return new CommandResult(
                    -2, output, errors.isEmpty() || errors.endsWith("\n") ? errors + stopped : errors + "\n" + stopped);
        }
        int code = process.exitValue();
        int last = errors.stripTrailing().lastIndexOf('\n') + 1;
        if (code >= SURVIVED
                && code <= 127
                && errors.startsWith(OWN_MESSAGE, last)
                && !errors.startsWith(OWN_NOTE, last)) {
            return new CommandResult(
                    -1, output, errors.substring(last + OWN_MESSAGE.length()).strip());
        }
        return new CommandResult(code, output, errors);
    }
}
