package org.mainstay.core.internal.event;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.mainstay.cluster.ClusterEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The file of events with its older generations ({@code events.jsonl.1} ...). Used by one thread. */
final class EventFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventFile.class);
    private static final int GENERATIONS = 5;

    private final Path file;
    private final long maximumBytes;
    private Writer writer;
    private long size;
    private boolean failing;

    EventFile(Path file, long maximumBytes) {
        this.file = file;
        this.maximumBytes = maximumBytes;
    }

    /** Returns the newest events of the file, oldest first; lines that are no events, such as a torn last one, are passed over. */
    List<ClusterEvent> newest(int most) {
        Deque<ClusterEvent> newest = new ArrayDeque<>();
        for (Path part : List.of(generation(1), file)) {
            if (Files.exists(part)) {
                read(part, most, newest);
            }
        }
        return new ArrayList<>(newest);
    }

    private static void read(Path part, int most, Deque<ClusterEvent> newest) {
        try (var lines = Files.lines(part, StandardCharsets.UTF_8)) {
            lines.forEach(line -> {
                try {
                    newest.add(EventLine.read(line));
                } catch (IllegalArgumentException e) {
                    LOG.debug("{}: a line is no event", part, e);
                }
                if (newest.size() > most) {
                    newest.removeFirst();
                }
            });
        } catch (IOException | java.io.UncheckedIOException e) {
            LOG.warn("older events in {} cannot be read: {}", part, e.toString());
        }
    }

    /** Appends an event; failures are logged once until it works again, as the disk may be full for long. */
    void append(ClusterEvent event) {
        byte[] line = (EventLine.write(event) + "\n").getBytes(StandardCharsets.UTF_8);
        try {
            if (writer == null) {
                open();
            }
            if (size > 0 && size + line.length > maximumBytes) {
                rotate();
            }
            writer.write(new String(line, StandardCharsets.UTF_8));
            writer.flush();
            size += line.length;
            failing = false;
        } catch (IOException e) {
            if (!failing) {
                LOG.error("events cannot be written to {}: {}; they are kept in memory only", file, e.toString());
            }
            failing = true;
            close();
        }
    }

    private void open() throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        writer = Files.newBufferedWriter(
                file, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        size = Files.size(file);
        if (size > 0 && !endsWithLineEnd()) {
            writer.write("\n");
        }
    }

    private boolean endsWithLineEnd() throws IOException {
        try (var channel = Files.newByteChannel(file)) {
            var last = java.nio.ByteBuffer.allocate(1);
            channel.position(size - 1).read(last);
            return last.get(0) == '\n';
        }
    }

    private void rotate() throws IOException {
        close();
        for (int i = GENERATIONS - 1; i >= 1; i--) {
            if (Files.exists(generation(i))) {
                Files.move(generation(i), generation(i + 1), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Files.move(file, generation(1), StandardCopyOption.REPLACE_EXISTING);
        open();
    }

    private Path generation(int number) {
        return file.resolveSibling(file.getFileName() + "." + number);
    }

    @Override
    public void close() {
        if (writer != null) {
            try {
                writer.close();
            } catch (IOException e) {
                LOG.warn("{} cannot be closed: {}", file, e.toString());
            }
            writer = null;
        }
    }
}
