package org.mainstay.core.internal.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.HostProcesses;
import org.mainstay.kit.Outcome;

/** Processes and users by {@code /proc}, control groups and the user database. */
final class LinuxProcesses implements HostProcesses {
    private static final Path PROC = Path.of("/proc");
    private static final Duration END_LIMIT = Duration.ofSeconds(30);
    private static final long POLL_MILLIS = 10;

    private final ActionCommands runner;
    private final Optional<Cgroups> cgroups;

    LinuxProcesses(ActionCommands runner, Optional<Cgroups> cgroups) {
        this.runner = runner;
        this.cgroups = cgroups;
    }

    @Override
    public Optional<List<String>> commandLine(long pid) {
        String line = ProcFiles.text(PROC.resolve(pid + "/cmdline"));
        if (line.isEmpty()) {
            // a kernel thread or a zombie has none; a process that is gone has no folder
            return Files.exists(PROC.resolve(String.valueOf(pid))) ? Optional.of(List.of()) : Optional.empty();
        }
        String whole = line.endsWith("\0") ? line.substring(0, line.length() - 1) : line;
        return Optional.of(List.of(whole.split("\0", -1)));
    }

    @Override
    public Optional<Path> directory(long pid) {
        return ProcFiles.link(PROC.resolve(pid + "/cwd")).map(Path::of);
    }

    @Override
    public List<Long> workingIn(Path directory) {
        try (Stream<Path> entries = Files.list(PROC)) {
            Path real = Files.exists(directory) ? directory.toRealPath() : directory;
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> name.chars().allMatch(Character::isDigit))
                    .map(Long::parseLong)
                    .filter(pid -> directory(pid).filter(real::equals).isPresent())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot look for processes working in " + directory, e);
        }
    }

    @Override
    public boolean signal(long pid, Signal signal) {
        if (pid <= 1) {
            throw new IllegalArgumentException(
                    "no signal is sent to process " + pid + ": give the id of one process above 1");
        }
        CommandResult result = runner.signal(pid, signal.name());
        if (result.exitCode() == 1) {
            return false;
        }
        if (!result.succeeded()) {
            throw new UncheckedIOException(
                    new IOException("cannot send " + signal + " to process " + pid + ": " + result.summary()));
        }
        return true;
    }

    @Override
    public List<Long> inService() {
        if (runner.tag().isEmpty()) {
            return List.of();
        }
        return cgroups.map(groups -> Cgroups.members(groups.of(runner.tag())))
                .orElseGet(() -> MarkedProcesses.find(PROC, runner.mark()));
    }

    @Override
    public Outcome endAll() {
        if (runner.tag().isEmpty()) {
            return Outcome.success("no instance, no processes");
        }
        Duration remaining = runner.time().remaining();
        Duration limit = remaining.compareTo(END_LIMIT) < 0 ? remaining : END_LIMIT;
        try {
            boolean ended = cgroups.isPresent() ? killGroup(limit) : killMarked(limit);
            return ended
                    ? Outcome.success("no process of " + runner.tag() + " is left")
                    : Outcome.failed("processes of " + runner.tag() + " survive SIGKILL for " + limit.toSeconds()
                            + " s: " + inService() + "; they hang in the kernel, look at their storage");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Outcome.failed("ending the processes of " + runner.tag() + " was cancelled");
        }
    }

    private boolean killGroup(Duration limit) throws InterruptedException {
        Path group = cgroups.orElseThrow().of(runner.tag());
        boolean empty = Cgroups.kill(group, limit);
        Cgroups.removeEmpty(group);
        return empty;
    }

    private boolean killMarked(Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        List<Long> left = inService();
        while (!left.isEmpty() && System.nanoTime() < end) {
            left.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
            new CountDownLatch(1).await(POLL_MILLIS, TimeUnit.MILLISECONDS);
            left = inService();
        }
        return left.isEmpty();
    }

    @Override
    public String owner(Path file) {
        try {
            return Files.getOwner(file).getName();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot tell the owner of " + file, e);
        }
    }

    @Override
    public boolean userExists(String name) {
        if (name.isEmpty()
                || name.startsWith("-")
                || !StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
            return false;
        }
        return runner.run("getent", "passwd", name).succeeded();
    }
}
