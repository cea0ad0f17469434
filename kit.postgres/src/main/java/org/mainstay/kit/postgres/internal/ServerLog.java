package org.mainstay.kit.postgres.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The log that {@code pg_ctl} lets the server append to. Nothing rotates it, so it may be larger than memory: only the few bytes that are
 * shown are read.
 *
 * @param file where it is
 */
record ServerLog(Path file) {
    private static final int TAIL = 4096;
    private static final int NEWS = 600;

    /** Returns its length in bytes, 0 if there is none yet. @throws IOException if it cannot be told */
    long size() throws IOException {
        try {
            return Files.size(file);
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    /** Returns its end, at most 4 KB; in place of what cannot be read the reason. */
    String tail() {
        try {
            return read(Math.max(0, size() - TAIL), TAIL);
        } catch (IOException e) {
            return "(its log " + file + " cannot be read: " + e.getMessage() + ")";
        }
    }

    /** Returns its last line as the end of a message, empty if it says nothing. */
    String lastLine() {
        String[] lines = tail().strip().split("\\R");
        String last = lines[lines.length - 1];
        return last.isBlank() ? "" : "; its log says: " + last.strip();
    }

    /**
     * Returns what it says from a position on, as the end of a message: the first lines tell the cause, the last only that the
     * server ended.
     *
     * @param from size before; a log that is shorter by now was begun anew
     */
    String since(long from) {
        try {
            String text = read(from > size() ? 0 : from, NEWS).strip();
            return text.isEmpty() ? "" : "; its log says: " + text.replaceAll("\\R", " | ");
        } catch (IOException e) {
            return "; its log " + file + " cannot be read: " + e.getMessage();
        }
    }

    /** A machine that lost power leaves zeros where the last lines had no time to get to the disk: they are left out. */
    private String read(long from, int most) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(most);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.position(from);
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
                // up to the end, or until it is enough
            }
        } catch (NoSuchFileException e) {
            return "";
        }
        return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8).replace("\0", "");
    }
}
