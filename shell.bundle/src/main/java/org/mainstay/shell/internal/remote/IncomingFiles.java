package org.mainstay.shell.internal.remote;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.remote.FileCopies.Step;
import org.mainstay.shell.internal.socket.RunFrame;

/**
 * Files that other servers, or this one, are copying to this server: hidden until they are complete and on disk. A disk that hangs holds
 * up the files on it and nothing else. Thread-safe.
 */
final class IncomingFiles implements AutoCloseable {
    /** How long a file that is being written may hold up the end. */
    private static final long CLOSE_MILLIS = 1_000;

    private final Path home;
    private final IncomingFile.Disk disk;
    private final Map<String, IncomingFile> files = new ConcurrentHashMap<>();

    IncomingFiles(Path home, IncomingFile.Disk disk) {
        this.home = home;
        this.disk = disk;
    }

    /** Answer to a step: exit code and what was wrong. */
    record Answer(int exitCode, String text) {
        static final Answer DONE = new Answer(ExitCode.SUCCESS, "");
    }

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

    Answer take(String from, String id, Step step, byte[] content) {
        String key = from + "\t" + id;
        try {
            return switch (step) {
                case BEGIN -> begin(key, content);
                case PIECE -> known(key).write(content);
                case END -> {
                    known(key).finish();
                    files.remove(key);
                    yield Answer.DONE;
                }
                case DROP -> drop(key);
            };
        } catch (IOException | IllegalArgumentException e) {
            drop(key);
            String text = e.getMessage() == null ? e.toString() : e.getMessage();
            return new Answer(ExitCode.SYSTEM_ERROR, "the file cannot be written: " + text);
        }
    }

    private IncomingFile known(String key) throws IOException {
        IncomingFile file = files.get(key);
        if (file == null) {
            throw new IOException("the copy was given up");
        }
        return file;
    }

    private Answer begin(String key, byte[] content) throws IOException {
        drop(key);
        IncomingFile file = new IncomingFile(home, disk);
        files.put(key, file);
        Answer answer = file.begin(content);
        if (answer.exitCode() != ExitCode.SUCCESS) {
            files.remove(key, file);
        }
        return answer;
    }

    private Answer drop(String key) {
        IncomingFile file = files.remove(key);
        if (file != null) {
            file.drop();
        }
        return Answer.DONE;
    }

    /**
     * The other server is gone: what it had begun is no longer known here.
     *
     * @return the files, for the caller to drop where it can wait for their disks; what the server begins from now on is not among them
     */
    List<IncomingFile> forget(String from) {
        return files.keySet().stream()
                .filter(key -> key.startsWith(from + "\t"))
                .map(files::remove)
                .filter(java.util.Objects::nonNull)
                .toList();
    }

    @Override
    public void close() {
        files.keySet().stream()
                .map(files::remove)
                .filter(java.util.Objects::nonNull)
                .forEach(file -> file.dropWithin(CLOSE_MILLIS));
    }
}
