package org.mainstay.kit.postgres.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The lock file {@code postmaster.pid} of a data directory: pid, directory, start time, port, socket directory, listen address,
 * shared memory key, status, one a line (PG-147). Lines come one after the other while the server starts.
 *
 * @param pid process id of the postmaster that wrote it
 * @param port its port; 0 while unknown
 * @param socketDirectory first socket directory; empty if there is none
 * @param listenAddress first listen address; empty if there is none
 * @param status {@code starting}, {@code stopping}, {@code ready} or {@code standby}; empty while unknown
 */
record PostmasterFile(long pid, int port, String socketDirectory, String listenAddress, String status) {
    static final String NAME = "postmaster.pid";

    /** Returns the content, empty if there is no file. @throws IOException if it cannot be read */
    static Optional<PostmasterFile> read(Path dataDirectory) throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(dataDirectory.resolve(NAME), StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        if (lines.isEmpty() || lines.get(0).isBlank()) {
            return Optional.empty();
        }
        try {
            long pid = Math.abs(Long.parseLong(lines.get(0).strip()));
            int port = line(lines, 3).isEmpty() ? 0 : Integer.parseInt(line(lines, 3));
            return Optional.of(new PostmasterFile(pid, port, line(lines, 4), line(lines, 5), line(lines, 7)));
        } catch (NumberFormatException e) {
            throw new IOException(dataDirectory.resolve(NAME) + " is not a postmaster lock file: " + e.getMessage(), e);
        }
    }

    private static String line(List<String> lines, int index) {
        return index < lines.size() ? lines.get(index).strip() : "";
    }

    boolean ready() {
        return status.equals("ready") || status.equals("standby");
    }
}
