package org.mainstay.mirror.engine.io;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.mainstay.mirror.engine.nat.FileSpace;

/**
 * A regular file or block device, through the page cache, with positional transfers. Threads that use it must not be
 * interrupted: Java closes the file of an interrupted thread.
 */
public final class FileDisk implements Disk {
    /** They look at what is not written back yet too; others may report a hole where data is on its way. */
    private static final Set<String> TELL_HOLES = Set.of("ext4", "xfs", "btrfs", "tmpfs");

    private static final int ZERO_BYTES = 1 << 20;
    /** Shared and never written: each use takes a duplicate. */
    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(ZERO_BYTES).asReadOnlyBuffer();

    private final FileChannel channel;
    private final long size;
    private final FileSpace space;
    private final boolean holes;
    /** Says that a failed flush was reported: pages may have been dropped, so no later flush may claim success. */
    private volatile IOException lost;

    private final Force force;
    private final Object flushing = new Object();
    private final AtomicLong asked = new AtomicLong();
    /** The last flush asked for before one began that succeeded. */
    private long done;

    /** Brings a file to stable storage. */
    @FunctionalInterface
    interface Force {
        void run() throws IOException;
    }

    private FileDisk(FileChannel channel, long size, FileSpace space, boolean holes) {
        this(channel, size, space, holes, () -> channel.force(false));
    }

    /**
     * @param holes whether what its file system says of holes is believed
     * @param force what a flush does
     */
    FileDisk(FileChannel channel, long size, FileSpace space, boolean holes, Force force) {
        this.force = force;
        this.holes = holes;
        this.channel = channel;
        this.size = size;
        this.space = space;
    }

    /**
     * Opens what exists.
     *
     * @param path a regular file or block device
     * @param writable false: writes fail
     * @throws IOException if it does not exist, cannot be opened, or has no size
     */
    public static FileDisk open(Path path, boolean writable) throws IOException {
        Set<OpenOption> options =
                writable ? Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE) : Set.of(StandardOpenOption.READ);
        if (Files.isDirectory(path)) {
            throw new IOException(path + " is a folder; a volume is kept in a regular file or a block device");
        }
        FileChannel channel = FileChannel.open(path, options);
        try {
            long size = channel.size();
            if (size <= 0) {
                throw new IOException(path + " is empty; give the file the size of the volume first (truncate -s)");
            }
            return new FileDisk(channel, size, writable ? FileSpace.of(path) : null, tellsHoles(path));
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private static boolean tellsHoles(Path path) {
        try {
            return tellsHoles(Files.getFileStore(path).type());
        } catch (IOException e) {
            // What is not known is read.
            return false;
        }
    }

    /** @param type of a file system, as in the table of mounts */
    static boolean tellsHoles(String type) {
        return TELL_HOLES.contains(type);
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public long room() throws IOException {
        return channel.size();
    }

    @Override
    public void read(ByteBuffer target, long offset) throws IOException {
        fill(target, channel, offset, "the storage");
    }

    @Override
    public boolean hole(long offset, long length) throws IOException {
        long end = offset + length;
        // Beyond the end of a file that was made smaller there is none either: its size is looked at afterwards.
        return holes && space != null && space.data(offset, end) >= end && end <= channel.size();
    }

    /** Reads until the buffer is full. @param what names the file where it ends before */
    static void fill(ByteBuffer target, FileChannel channel, long offset, String what) throws IOException {
        long at = offset;
        while (target.hasRemaining()) {
            int count = channel.read(target, at);
            if (count < 0) {
                throw new EOFException(what + " ends at " + at + ", it was made smaller while in use");
            }
            at += count;
        }
    }

    @Override
    public void write(ByteBuffer source, long offset) throws IOException {
        long at = offset;
        while (source.hasRemaining()) {
            at += channel.write(source, at);
        }
    }

    @Override
    public void zero(long offset, long length, boolean allocated) throws IOException {
        if (space != null && space.zero(offset, length, allocated)) {
            return;
        }
        long at = offset;
        long left = length;
        while (left > 0) {
            ByteBuffer zeros = ZEROS.duplicate().limit((int) Math.min(left, ZERO_BYTES));
            int count = zeros.remaining();
            write(zeros, at);
            at += count;
            left -= count;
        }
    }

    @Override
    public void trim(long offset, long length) throws IOException {
        if (space != null) {
            // Advice only: what cannot be given back stays as it is.
            space.zero(offset, length, false);
        }
    }

    @Override
    public void flush() throws IOException {
        long mine = asked.incrementAndGet();
        // The system tells an error once: two at a time, and one of them would claim success for what is lost.
        synchronized (flushing) {
            if (lost != null) {
                throw new IOException("an earlier flush of this storage failed, data may be lost", lost);
            }
            if (done >= mine) {
                // One that began after this call has ended meanwhile.
                return;
            }
            long all = asked.get();
            try {
                force.run();
            } catch (IOException e) {
                lost = e;
                throw e;
            }
            done = all;
        }
    }

    @Override
    public void renew() {
        lost = null;
    }

    @Override
    public boolean reread() {
        return space != null && space.drop();
    }

    @Override
    public void close() throws IOException {
        channel.close();
        if (space != null) {
            space.close();
        }
    }
}
