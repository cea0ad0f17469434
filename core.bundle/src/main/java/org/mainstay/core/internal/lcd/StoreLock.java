package org.mainstay.core.internal.lcd;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * Keeps the database to one process: a lock of the operating system on {@code data/lcd/lock}, which ends with the process
 * however it ends. The file names the process.
 *
 * <p>POSIX drops all locks of a process on a file as soon as it closes any descriptor of it. A second attempt within this
 * process must therefore not even open the file; the system properties, one table for all class loaders of the JVM, say so.
 */
final class StoreLock implements Closeable {
    static final String NAME = "lock";

    private final String property;
    private final FileChannel channel;
    private final FileLock lock;

    private StoreLock(String property, FileChannel channel, FileLock lock) {
        this.property = property;
        this.channel = channel;
        this.lock = lock;
    }

    /** @throws LcdStoreException IN_USE, naming the process, if another has the database open */
    static StoreLock acquire(Path directory) throws IOException {
        Path file = directory.resolve(NAME);
        String property = "org.mainstay.lcd.lock:" + directory.toRealPath();
        String self = Long.toString(ProcessHandle.current().pid());
        if (System.getProperties().putIfAbsent(property, self) != null) {
            throw inUse(directory, self + " (this process)");
        }
        FileChannel channel = null;
        try {
            channel = FileChannel.open(
                    file,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                    RealDisk.ownerOnly(directory, "rw-------"));
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw inUse(directory, holder(file));
            }
            byte[] text = (self + "\n").getBytes(StandardCharsets.UTF_8);
            try {
                channel.truncate(0);
                channel.write(ByteBuffer.wrap(text), 0);
            } catch (IOException fullDisk) {
                // The name is a help for people; the lock holds without it and a full disk must not prevent a start.
                return new StoreLock(property, channel, lock);
            }
            return new StoreLock(property, channel, lock);
        } catch (OverlappingFileLockException e) {
            release(property, channel);
            throw inUse(directory, self + " (this process)");
        } catch (IOException e) {
            release(property, channel);
            throw e;
        }
    }

    private static String holder(Path file) throws IOException {
        String pid = Files.readString(file).strip();
        return pid.matches("[0-9]{1,10}") ? pid : "unknown";
    }

    private static LcdStoreException inUse(Path directory, String holder) {
        return new LcdStoreException(
                LcdStoreException.Kind.IN_USE,
                "the configuration database in " + directory + " is in use by process " + holder
                        + "; use the commands of the running Mainstay, or stop it first (lkstop)");
    }

    private static void release(String property, FileChannel channel) throws IOException {
        try {
            if (channel != null) {
                channel.close();
            }
        } finally {
            System.getProperties().remove(property);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            lock.release();
        } finally {
            release(property, channel);
        }
    }
}
