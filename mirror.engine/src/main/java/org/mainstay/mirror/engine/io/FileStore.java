package org.mainstay.mirror.engine.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/** A small file of lines {@code NAME=value} with a checksum, replaced as a whole. */
public final class FileStore {
    private static final String CHECKSUM = "checksum=";
    private final Path file;

    /** @param file its folder must exist */
    public FileStore(Path file) {
        this.file = file;
    }

    /** Returns the lines; null if there is no file. @throws IOException if it is damaged */
    public Map<String, String> load() throws IOException {
        if (!Files.exists(file)) {
            return null;
        }
        String text = Files.readString(file);
        int end = text.lastIndexOf(CHECKSUM);
        if (end < 0 || !text.substring(end).trim().equals(CHECKSUM + checksum(text.substring(0, end)))) {
            throw new IOException(
                    file + " is damaged: its checksum does not fit. Restore it, or delete the volume here and"
                            + " let it be sent anew");
        }
        Map<String, String> lines = new TreeMap<>();
        for (String line : text.substring(0, end).split("\n", -1)) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                lines.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        return lines;
    }

    /** Replaces the file: after a crash the old or the new lines are there; when this returns, the new ones. */
    public void save(Map<String, String> lines) throws IOException {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<String, String> line : lines.entrySet()) {
            if (line.getKey().indexOf('\n') >= 0 || line.getValue().indexOf('\n') >= 0) {
                // It would be read as a line of its own.
                throw new IOException("a line feed cannot be kept in " + file.getFileName() + ": "
                        + line.getKey().strip().lines().findFirst().orElse("") + " has one");
            }
        }
        lines.forEach(
                (name, value) -> text.append(name).append('=').append(value).append('\n'));
        String body = text.toString();
        byte[] bytes = (body + CHECKSUM + checksum(body) + "\n").getBytes(StandardCharsets.UTF_8);
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        try (FileChannel channel = FileChannel.open(
                fresh, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer all = ByteBuffer.wrap(bytes);
            while (all.hasRemaining()) {
                channel.write(all);
            }
            channel.force(true);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        syncFolder();
    }

    /** Deletes the file, durably. */
    public void delete() throws IOException {
        Files.deleteIfExists(file);
        syncFolder();
    }

    private void syncFolder() throws IOException {
        try (FileChannel folder = FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            folder.force(true);
        }
    }

    private static String checksum(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return Long.toHexString(crc.getValue());
    }
}
