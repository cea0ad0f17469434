package org.mainstay.mirror.engine.io;

import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Room for the blocks of a snapshot: a sparse file without a name, which goes with the process that opened it (SNAP-013). It never takes the
 * last space of its file system. Threads that use it must not be interrupted.
 */
public final class SnapshotFile implements Disk {
    private static final Set<String> REMOTE =
            Set.of("nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "glusterfs", "fuse.sshfs");
    /** After so much written it is looked how much space is left. */
    private static final long LOOK_BYTES = 16 << 20;
    /** What is left to others: a 20th of the file system, at most 1 GiB. */
    private static final int LEFT_PART = 20;

    private static final long LEFT_MOST = 1L << 30;
    private static final int ZERO_BYTES = 1 << 16;

    private final FileChannel channel;
    private final FileStore store;
    private final long size;
    private final AtomicLong unseen = new AtomicLong();

    private SnapshotFile(FileChannel channel, FileStore store, long size) {
        this.channel = channel;
        this.store = store;
        this.size = size;
    }

    /** Checks a location (SNAP-012, EMC-142). @throws IllegalArgumentException saying what is wrong with it */
    public static void check(Path folder) {
        if (!folder.isAbsolute()) {
            throw new IllegalArgumentException("the location of snapshots is an absolute path, not: " + folder);
        }
        if (!Files.isDirectory(folder)) {
            throw new IllegalArgumentException("there is no folder " + folder + ": make it, or set another location");
        }
        String type;
        try {
            type = Files.getFileStore(folder).type();
        } catch (IOException e) {
            throw new IllegalArgumentException("the folder " + folder + " cannot be looked at: " + e.getMessage(), e);
        }
        if (REMOTE.contains(type)) {
            throw new IllegalArgumentException(
                    folder + " is on a remote file system (" + type + "); the location of snapshots is a local one");
        }
    }

    /** Makes one in a location. @param size of the volume */
    public static SnapshotFile in(Path folder, long size) throws IOException {
        check(folder);
        Path file = Files.createTempFile(folder, ".mainstay-snapshot-", "");
        try {
            RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw");
            try {
                access.setLength(size);
                SnapshotFile made = new SnapshotFile(access.getChannel(), Files.getFileStore(folder), size);
                made.checkSpace();
                return made;
            } catch (IOException e) {
                access.close();
                throw e;
            }
        } finally {
            // Whatever happens to this process, nothing stays.
            Files.delete(file);
        }
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public void read(ByteBuffer target, long offset) throws IOException {
        long at = offset;
        while (target.hasRemaining()) {
            int count = channel.read(target, at);
            if (count < 0) {
                throw new EOFException("the snapshot's file ends at " + at);
            }
            at += count;
        }
    }

    @Override
    public void write(ByteBuffer source, long offset) throws IOException {
        if (unseen.addAndGet(source.remaining()) >= LOOK_BYTES) {
            unseen.set(0);
            checkSpace();
        }
        long at = offset;
        while (source.hasRemaining()) {
            at += channel.write(source, at);
        }
    }

    private void checkSpace() throws IOException {
        long left = Math.min(LEFT_MOST, store.getTotalSpace() / LEFT_PART);
        if (store.getUsableSpace() < left + LOOK_BYTES) {
            throw new IOException("No space left for a snapshot: " + store.getUsableSpace()
                    + " bytes are free in its file system, " + left + " of them are left to others");
        }
    }

    @Override
    public void zero(long offset, long length, boolean allocated) throws IOException {
        for (long done = 0; done < length; done += ZERO_BYTES) {
            write(ByteBuffer.allocate((int) Math.min(ZERO_BYTES, length - done)), offset + done);
        }
    }

    @Override
    public void trim(long offset, long length) {
        // The contents of a range that does not matter may stay.
    }

    @Override
    public void flush() {
        // It does not outlive the process anyway.
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
