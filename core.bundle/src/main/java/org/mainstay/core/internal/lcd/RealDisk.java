package org.mainstay.core.internal.lcd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The file system. Files 0600, directories 0700 where the file system knows permissions.
 *
 * <p>Java closes a channel when the thread that uses it is interrupted. An interrupt that is already pending is therefore set
 * aside during each operation and restored after it; one that arrives in the middle closes the file, which the store treats
 * like any other I/O error.
 */
final class RealDisk implements Disk {

    @Override
    public List<String> list(Path directory) throws IOException {
        List<String> names = new ArrayList<>();
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
                entries.forEach(entry -> names.add(entry.getFileName().toString()));
            }
        }
        names.sort(null);
        return names;
    }

    @Override
    public byte[] read(Path file) throws IOException {
        return Files.readAllBytes(file);
    }

    @Override
    public void createDirectory(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path parent = directory.toAbsolutePath().getParent();
        Files.createDirectories(parent);
        Files.createDirectory(directory, ownerOnly(parent, "rwx------"));
        forceDirectory(parent);
    }

    @Override
    public DiskFile open(Path file) throws IOException {
        return uninterrupted(() -> new File(FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                ownerOnly(file.toAbsolutePath().getParent(), "rw-------"))));
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void delete(Path file) throws IOException {
        try {
            Files.delete(file);
        } catch (NoSuchFileException e) {
            return; // gone is what was asked for
        }
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        if (!posix(directory)) {
            return; // Windows makes names durable with the operation and cannot open directories
        }
        uninterrupted(() -> {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
            return null;
        });
    }

    static FileAttribute<?>[] ownerOnly(Path directory, String permissions) throws IOException {
        return posix(directory)
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }

    private static boolean posix(Path directory) throws IOException {
        return Files.getFileStore(directory).supportsFileAttributeView("posix");
    }

    private interface Operation<T> {
        T run() throws IOException;
    }

    private static <T> T uninterrupted(Operation<T> operation) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            return operation.run();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static final class File implements DiskFile {
        private final FileChannel channel;

        File(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public void write(long position, byte[] bytes, int offset, int length) throws IOException {
            uninterrupted(() -> {
                ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
                long at = position;
                while (buffer.hasRemaining()) {
                    at += channel.write(buffer, at);
                }
                return null;
            });
        }

        @Override
        public void setSize(long size) throws IOException {
            uninterrupted(() -> {
                if (channel.size() > size) {
                    channel.truncate(size);
                } else if (channel.size() < size) {
                    channel.write(ByteBuffer.wrap(new byte[1]), size - 1);
                }
                return null;
            });
        }

        @Override
        public void force() throws IOException {
            uninterrupted(() -> {
                channel.force(false);
                return null;
            });
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
