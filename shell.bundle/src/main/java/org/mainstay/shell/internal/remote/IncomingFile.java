package org.mainstay.shell.internal.remote;

import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.remote.IncomingFiles.Answer;
import org.mainstay.shell.internal.socket.RunFrame;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A file that is being written under another name. One step at a time: each may wait for the disk. */
final class IncomingFile {
    private static final Logger LOG = LoggerFactory.getLogger(IncomingFile.class);

    private final Path home;
    private final Disk disk;
    private final ReentrantLock lock = new ReentrantLock();
    /** Under the lock, as all below. */
    private boolean over;

    private Output output;
    private Path temporary;
    private Path target;
    private String mode;

    /** @param home what relative targets are relative to */
    IncomingFile(Path home, Disk disk) {
        this.home = home;
        this.disk = disk;
    }

    /** Opens files for writing. */
    @FunctionalInterface
    interface Disk {
        Disk REAL = file -> new ChannelOutput(FileChannel.open(file, StandardOpenOption.WRITE));

        Output open(Path file) throws IOException;
    }

    /** An open file. */
    interface Output extends Closeable {
        void write(byte[] bytes) throws IOException;

        /** Returns when all is on disk. */
        void force() throws IOException;
    }

    private record ChannelOutput(FileChannel channel) implements Output {
        @Override
        public void write(byte[] bytes) throws IOException {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        }

        @Override
        public void force() throws IOException {
            channel.force(true);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /** Begins it, as {@link IncomingFiles#beginning} says. */
    Answer begin(byte[] content) throws IOException {
        String name;
        String wanted;
        boolean directory;
        String permissions;
        try (DataInputStream data = new DataInputStream(new ByteArrayInputStream(content))) {
            name = RunFrame.readString(data);
            wanted = RunFrame.readString(data);
            directory = data.readBoolean();
            permissions = RunFrame.readString(data);
        }
        lock.lock();
        try {
            requireGoingOn();
            Path place = home.resolve(wanted);
            if (name.isEmpty() || name.contains("/") || name.equals(".") || name.equals("..")) {
                return new Answer(ExitCode.INVALID_ARGUMENT, "'" + name + "' is not a file name");
            }
            if (directory && !Files.isDirectory(place)) {
                return new Answer(ExitCode.NOT_FOUND, "there is no directory " + wanted + "; several files need one");
            }
            target = Files.isDirectory(place) || wanted.endsWith("/") ? place.resolve(name) : place;
            if (target.getParent() == null || !Files.isDirectory(target.getParent())) {
                return new Answer(ExitCode.NOT_FOUND, "there is no directory " + target.getParent());
            }
            if (Files.isDirectory(target)) {
                return new Answer(ExitCode.EXISTS, target + " is a directory");
            }
            mode = permissions;
            temporary = Files.createTempFile(target.getParent(), "." + name + ".", ".copying");
            output = disk.open(temporary);
            return Answer.DONE;
        } finally {
            lock.unlock();
        }
    }

    Answer write(byte[] content) throws IOException {
        lock.lock();
        try {
            requireGoingOn();
            output.write(content);
            return Answer.DONE;
        } finally {
            lock.unlock();
        }
    }

    /** Lets the whole file appear. */
    void finish() throws IOException {
        lock.lock();
        try {
            requireGoingOn();
            output.force();
            output.close();
            Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString(mode));
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            over = true;
        } finally {
            lock.unlock();
        }
    }

    private void requireGoingOn() throws IOException {
        if (over) {
            throw new IOException("the copy was given up");
        }
    }

    /** Lets it vanish, when the step that is under way has ended. */
    void drop() {
        lock.lock();
        try {
            vanish();
        } finally {
            lock.unlock();
        }
    }

    /** As {@link #drop}, but leaves the file where a step does not end. */
    void dropWithin(long millis) {
        try {
            if (!lock.tryLock(millis, TimeUnit.MILLISECONDS)) {
                LOG.warn("{} of an unfinished copy is left: its disk does not answer", temporary);
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        try {
            vanish();
        } finally {
            lock.unlock();
        }
    }

    private void vanish() {
        if (over) {
            return;
        }
        over = true;
        try {
            if (output != null) {
                output.close();
            }
            if (temporary != null) {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            LOG.warn("{} of an unfinished copy is left: {}", temporary, e.toString());
        }
    }
}
