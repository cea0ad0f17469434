package org.mainstay.guard.supervise;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.mainstay.guard.util.StateFile;

/**
 * A process that cannot be mistaken for a later one with the same number.
 *
 * @param pid its number
 * @param startTime field 22 of {@code /proc/PID/stat}, in clock ticks since boot
 */
public record ProcessIdentity(long pid, String startTime) {

    /** Returns the identity of a process of which a thread lives; empty if there is none or it is only a zombie. */
    public static Optional<ProcessIdentity> of(long pid) {
        try {
            Path process = Path.of("/proc", Long.toString(pid));
            String[] fields = ProcessThreads.fields(process);
            boolean ended = ProcessThreads.ended(process, fields[0]);
            return ended ? Optional.empty() : Optional.of(new ProcessIdentity(pid, fields[19]));
        } catch (IOException | IndexOutOfBoundsException e) {
            return Optional.empty();
        }
    }

    /** Reads a pid file. @return empty if it is missing or names a process that has ended */
    public static Optional<ProcessIdentity> read(Path file) {
        try {
            List<String> lines = new StateFile(file).read();
            String[] words =
                    lines.isEmpty() ? new String[0] : lines.get(0).strip().split(" ");
            if (words.length != 2) {
                return Optional.empty();
            }
            ProcessIdentity recorded = new ProcessIdentity(Long.parseLong(words[0]), words[1]);
            return recorded.alive() ? Optional.of(recorded) : Optional.empty();
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Writes a pid file. */
    public void write(Path file) throws IOException {
        new StateFile(file).write(List.of(pid + " " + startTime));
    }

    public boolean alive() {
        return of(pid).filter(this::equals).isPresent();
    }

    /** Sends TERM. */
    public void terminate() {
        if (alive()) {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy);
        }
    }

    /** Sends KILL. */
    public void kill() {
        if (alive()) {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
    }
}
