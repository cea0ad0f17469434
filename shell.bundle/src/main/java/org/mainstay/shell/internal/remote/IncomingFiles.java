package org.mainstay.shell.internal.remote;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.remote.FileCopies.Step;
import org.mainstay.shell.internal.socket.RunFrame;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Files that other servers, or this one, are copying to this server: hidden until they are complete and on disk. Thread-safe. */
final class IncomingFiles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(IncomingFiles.class);

    private final Path home;
    private final Map<String, Incoming> files = new HashMap<>();

    IncomingFiles(Path home) {
        this.home = home;
    }

    /** Answer to a step: exit code and what was wrong. */
    record Answer(int exitCode, String text) {
        static final Answer DONE = new Answer(ExitCode.SUCCESS, "");
    }

    /** A file that is being written under another name. */
    private record Incoming(Path temporary, Path target, FileChannel channel, String mode) {}

    static byte[] beginning(Path file, String target, boolean directory, String mode) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream data = new DataOutputStream(bytes)) {
            RunFrame.writeString(data, file.getFileName().toString());
            RunFrame.writeString(data, target);
            data.writeBoolean(directory);
            RunFrame.writeString(data, mode);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    synchronized Answer take(String from, String id, Step step, byte[] content) {
        String key = from + "\t" + id;
        try {
            switch (step) {
                case BEGIN -> {
                    return begin(key, content);
                }
                case PIECE -> {
                    FileChannel channel = known(key).channel();
                    ByteBuffer bytes = ByteBuffer.wrap(content);
                    while (bytes.hasRemaining()) {
                        channel.write(bytes);
                    }
                }
                case END -> end(key);
                case DROP -> drop(key);
            }
            return Answer.DONE;
        } catch (IOException | IllegalArgumentException e) {
            drop(key);
            String text = e.getMessage() == null ? e.toString() : e.getMessage();
            return new Answer(ExitCode.SYSTEM_ERROR, "the file cannot be written: " + text);
        }
    }

    private Incoming known(String key) throws IOException {
        Incoming file = files.get(key);
        if (file == null) {
            throw new IOException("the copy was given up");
        }
        return file;
    }

    private Answer begin(String key, byte[] content) throws IOException {
        String name;
        String wanted;
        boolean directory;
        String mode;
        try (DataInputStream data = new DataInputStream(new ByteArrayInputStream(content))) {
            name = RunFrame.readString(data);
            wanted = RunFrame.readString(data);
            directory = data.readBoolean();
            mode = RunFrame.readString(data);
        }
        Path place = home.resolve(wanted);
        if (name.isEmpty() || name.contains("/") || name.equals(".") || name.equals("..")) {
            return new Answer(ExitCode.INVALID_ARGUMENT, "'" + name + "' is not a file name");
        }
        if (directory && !Files.isDirectory(place)) {
            return new Answer(ExitCode.NOT_FOUND, "there is no directory " + wanted + "; several files need one");
        }
        Path target = Files.isDirectory(place) || wanted.endsWith("/") ? place.resolve(name) : place;
        if (target.getParent() == null || !Files.isDirectory(target.getParent())) {
            return new Answer(ExitCode.NOT_FOUND, "there is no directory " + target.getParent());
        }
        if (Files.isDirectory(target)) {
            return new Answer(ExitCode.EXISTS, target + " is a directory");
        }
        drop(key);
        Path temporary = Files.createTempFile(target.getParent(), "." + name + ".", ".copying");
        files.put(key, new Incoming(temporary, target, FileChannel.open(temporary, StandardOpenOption.WRITE), mode));
        return Answer.DONE;
    }

    private void end(String key) throws IOException {
        Incoming file = known(key);
        file.channel().force(true);
        file.channel().close();
        Files.setPosixFilePermissions(file.temporary(), PosixFilePermissions.fromString(file.mode()));
        Files.move(file.temporary(), file.target(), StandardCopyOption.ATOMIC_MOVE);
        files.remove(key);
    }

    private void drop(String key) {
        Incoming file = files.remove(key);
        if (file != null) {
            try {
                file.channel().close();
                Files.deleteIfExists(file.temporary());
            } catch (IOException e) {
                LOG.warn("{} of an unfinished copy is left: {}", file.temporary(), e.toString());
            }
        }
    }

    /** The other server is gone: what it had begun vanishes. */
    synchronized void forget(String from) {
        java.util.List.copyOf(files.keySet()).stream()
                .filter(key -> key.startsWith(from + "\t"))
                .forEach(this::drop);
    }

    @Override
    public synchronized void close() {
        java.util.List.copyOf(files.keySet()).forEach(this::drop);
    }
}
