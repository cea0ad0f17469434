package org.mainstay.core.internal.host;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.slf4j.Logger;

/** Runs commands for one action: with its tag, its time and its log. Thread-safe. */
final class ActionCommands {
    /** More than the network helper ever prints in one piece. */
    private static final int HELPER_OUTPUT = 4 * 1024 * 1024;
    /** A device that answers nothing counts as held. */
    private static final Duration HELD_LIMIT = Duration.ofSeconds(10);

    /** What a helper says that does not know what is asked of it, and the exit code it says it with. */
    private static final String OLD_HELPER = "usage: mainstay-exec run|serve";

    static final int UNABLE = 125;

    private final Launcher launcher;
    private final String tag;
    private final ActionTime time;
    private final Logger log;
    private final boolean changes;

    /** @param changes whether what a command leaves hanging may still take effect */
    ActionCommands(Launcher launcher, String tag, ActionTime time, Logger log, boolean changes) {
        this.launcher = launcher;
        this.tag = tag;
        this.time = time;
        this.log = log;
        this.changes = changes;
    }

    String tag() {
        return tag;
    }

    ActionTime time() {
        return time;
    }

    /** Returns the mark of the instance's processes, see {@link MarkedProcesses}. */
    String mark() {
        return launcher.mark(tag);
    }

    /** Sends a signal by name without the part SIG. The exit code is 1 if there is no such process. */
    CommandResult signal(long pid, String name) {
        return direct(List.of(launcher.program().toString(), "signal", name, String.valueOf(pid)));
    }

    Logger log() {
        return log;
    }

    /**
     * Looks whether anything in the kernel holds the block device for itself; succeeds if nothing does. A look that hangs changes nothing:
     * it does not count as what may still take effect.
     *
     * @param number major:minor
     * @return exit code {@link #UNABLE} if the helper is of a release that cannot look
     */
    CommandResult held(String number, Path device) {
        CommandResult look = run(
                Command.of(launcher.program().toString(), "held", number, device.toString())
                        .timeLimit(HELD_LIMIT)
                        .build(),
                false);
        return look.exitCode() == -1 && look.errors().startsWith(OLD_HELPER)
                ? new CommandResult(UNABLE, "", look.errors())
                : look;
    }

    CommandResult run(Command command) {
        return run(command, changes);
    }

    private CommandResult run(Command command, boolean takesEffect) {
        long start = System.nanoTime();
        CommandResult result = launcher.run(command, tag, time, takesEffect);
        if (log.isDebugEnabled()) {
            log.debug(
                    "{}: {} ended with {} after {} ms{}",
                    tag,
                    command.arguments().get(0),
                    result.exitCode(),
                    (System.nanoTime() - start) / 1_000_000,
                    result.succeeded() ? "" : ": " + result.summary());
        }
        return result;
    }

    /** Runs a program of the system with the action's limits. */
    CommandResult run(String program, String... arguments) {
        return run(Command.of(program, arguments).build());
    }

    /**
     * Runs {@code mainstay-net}, started directly: it bounds its own time, prints little, and each millisecond counts in a
     * switchover.
     */
    CommandResult net(List<String> arguments) {
        if (time.cancelled()) {
            return new CommandResult(-2, "", "not started: the action's time is up or it was cancelled");
        }
        List<String> line = new ArrayList<>();
        line.add(launcher.netProgram().toString());
        line.addAll(arguments);
        return direct(line);
    }

    private CommandResult direct(List<String> line) {
        ProcessBuilder builder = new ProcessBuilder(line);
        builder.environment().clear();
        builder.redirectErrorStream(true);
        builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        try {
            Process process = builder.start();
            String text;
            try (InputStream in = process.getInputStream()) {
                text = new String(in.readNBytes(HELPER_OUTPUT), StandardCharsets.UTF_8);
            }
            int code = process.waitFor();
            log.debug("{}: {} ended with {}: {}", tag, line, code, text);
            return new CommandResult(code, code == 0 ? text : "", code == 0 ? "" : text);
        } catch (IOException e) {
            return new CommandResult(-1, "", "cannot run " + line.get(0) + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new CommandResult(-2, "", "the action was cancelled");
        }
    }
}
