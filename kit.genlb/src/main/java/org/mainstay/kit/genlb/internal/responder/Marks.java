package org.mainstay.kit.genlb.internal.responder;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * The files by which responder and kit know of each other, in a folder per resource: {@code pid} (process id, then the
 * arguments), {@code probed} (a probe has come since the start), {@code hc-ng} (none for too long, LB-025), {@code error} (why
 * it ended). Files appear whole.
 */
public final class Marks {
    private static final long LOG_LIMIT = 1 << 20;

    private final Path folder;
    private final Path log;

    public Marks(Path folder, Path log) {
        this.folder = folder;
        this.log = log;
    }

    private Path pid() {
        return folder.resolve("pid");
    }

    private Path probedFile() {
        return folder.resolve("probed");
    }

    private Path flag() {
        return folder.resolve("hc-ng");
    }

    private Path errorFile() {
        return folder.resolve("error");
    }

    /** Removes what an earlier responder left (LB-065) and makes the folder. */
    public void clear() throws IOException {
        Files.createDirectories(folder);
        for (Path file : new Path[] {pid(), probedFile(), flag(), errorFile()}) {
            Files.deleteIfExists(file);
        }
    }

    /** Removes the folder with all marks. */
    public void delete() throws IOException {
        if (Files.isDirectory(folder)) {
            clear();
            Files.deleteIfExists(folder);
        }
    }

    /** Says that this process listens. */
    public void started(long process, Options options) throws IOException {
        write(pid(), process + "\n" + String.join("\n", options.arguments()) + "\n");
    }

    /** Returns the lines of the pid file, empty if there is none. @throws IOException if it is there but unreadable */
    public Optional<String[]> pidLines() throws IOException {
        return Files.exists(pid())
                ? Optional.of(Files.readString(pid(), StandardCharsets.UTF_8).split("\n", -1))
                : Optional.empty();
    }

    public Path pidFile() {
        return pid();
    }

    /** A probe came: the flag goes. */
    public void probe() throws IOException {
        Files.deleteIfExists(flag());
        if (!Files.exists(probedFile())) {
            write(probedFile(), "");
        }
    }

    public boolean probed() {
        return Files.exists(probedFile());
    }

    public void silent() throws IOException {
        write(flag(), "");
    }

    public boolean isSilent() {
        return Files.exists(flag());
    }

    public void fail(String message) throws IOException {
        write(errorFile(), message);
    }

    /** Returns why the responder ended, empty if it said nothing. */
    public Optional<String> failure() {
        try {
            return Files.exists(errorFile())
                    ? Optional.of(Files.readString(errorFile(), StandardCharsets.UTF_8)
                            .strip())
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.of("its last words cannot be read: " + e);
        }
    }

    /** Returns whether the resource is still this process's to serve: the pid file names it. */
    boolean names(long process) throws IOException {
        return pidLines()
                .filter(lines -> lines[0].equals(String.valueOf(process)))
                .isPresent();
    }

    boolean deleted() {
        return !Files.isDirectory(folder);
    }

    /** Appends a message to the log, which never grows beyond two files of a megabyte. */
    void log(String level, String message) throws IOException {
        Files.createDirectories(log.toAbsolutePath().getParent());
        if (Files.exists(log) && Files.size(log) > LOG_LIMIT) {
            Files.move(log, log.resolveSibling(log.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
        }
        String time =
                Clock.systemUTC().instant().truncatedTo(ChronoUnit.SECONDS).toString();
        Files.writeString(
                log, time + " " + level + " " + message + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private void write(Path file, String text) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(next, text);
        Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }
}
