package org.mainstay.shell.internal.event;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Response commands that applications register by placing them in directories below {@code LKROOT/events}: of the class and event, of all
 * events of the class ({@code all}), and of all classes ({@code allclass}). All of them run, each gets all options (CMD-411, CMD-412).
 */
public final class Responses {
    private static final Logger LOG = LoggerFactory.getLogger(Responses.class);
    /** Says that a monitor watches the event; never a command. */
    static final String ACTIVE = "ACTIVE";

    private static final long LIMIT_MINUTES = 10;
    private static final File NOTHING = new File("/dev/null");

    private Responses() {}

    /** Returns the commands for an event in the order they are started. */
    public static List<Path> of(Path home, String eventClass, String event) {
        Path events = home.resolve("events");
        List<Path> commands = new ArrayList<>();
        for (Path directory : List.of(
                events.resolve(eventClass).resolve(event),
                events.resolve(eventClass).resolve("all"),
                events.resolve("allclass").resolve(event),
                events.resolve("allclass"))) {
            try (Stream<Path> entries = Files.isDirectory(directory) ? Files.list(directory) : Stream.empty()) {
                entries.filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                        .filter(file -> !file.getFileName().toString().equals(ACTIVE))
                        .sorted()
                        .forEach(commands::add);
            } catch (IOException e) {
                LOG.warn("{} cannot be listed: {}", directory, e.toString());
            }
        }
        return commands;
    }

    /**
     * Runs the commands side by side and waits until all have ended.
     *
     * @return what went wrong, one line each
     */
    public static List<String> run(Path home, String eventClass, String event, List<String> options)
            throws InterruptedException {
        List<String> problems = new ArrayList<>();
        List<Process> processes = new ArrayList<>();
        List<Path> started = new ArrayList<>();
        for (Path command : of(home, eventClass, event)) {
            List<String> line = new ArrayList<>(List.of(command.toString()));
            line.addAll(options);
            try {
                processes.add(start(home, line));
                started.add(command);
            } catch (IOException e) {
                problems.add(command + " could not be started: " + e.getMessage());
            }
        }
        for (int i = 0; i < processes.size(); i++) {
            Process process = processes.get(i);
            try {
                if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
                    process.destroyForcibly();
                    problems.add(started.get(i) + " was ended: it took longer than " + LIMIT_MINUTES + " minutes");
                } else if (process.exitValue() != 0) {
                    problems.add(started.get(i) + " ended with " + process.exitValue());
                }
            } catch (InterruptedException e) {
                processes.forEach(Process::destroyForcibly);
                throw e;
            }
        }
        problems.forEach(problem -> LOG.warn("event {}/{}: {}", eventClass, event, problem));
        return problems;
    }

    private static Process start(Path home, List<String> line) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(line).directory(home.toFile());
        builder.environment().clear();
        builder.environment()
                .put("PATH", home.resolve("bin") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        builder.environment().put("LKROOT", home.toString());
        builder.environment().put("LANG", "C.UTF-8");
        return builder.redirectInput(NOTHING)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }
}
