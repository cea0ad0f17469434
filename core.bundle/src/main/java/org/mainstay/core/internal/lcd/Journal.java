package org.mainstay.core.internal.lcd;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The journal commits go to: two files of equal content and fixed size. Used by one thread at a time.
 *
 * <p>The files are filled with zeros when they are made, so that forcing a record writes data blocks only, never file system
 * metadata, and a full disk cannot stop a commit that still fits. Why the copies are forced one after the other:
 * {@link JournalScan}.
 */
final class Journal implements Closeable {
    private static final int CHUNK = 4096;

    private final Disk disk;
    private final Path directory;
    private final JournalFormat format;
    private final Disk.DiskFile a;
    private final Disk.DiskFile b;
    private int position;

    private Journal(Disk disk, Path directory, JournalFormat format, Disk.DiskFile a, Disk.DiskFile b, int position) {
        this.disk = disk;
        this.directory = directory;
        this.format = format;
        this.a = a;
        this.b = b;
        this.position = position;
    }

    static Path path(Path directory, long generation, char copy) {
        return directory.resolve(String.format("journal-%010d.%c", generation, copy));
    }

    /** Makes both files, durable with their names. @throws IOException if that failed; nothing is left */
    static Journal create(Disk disk, Path directory, JournalFormat format) throws IOException {
        Disk.DiskFile a = null;
        Disk.DiskFile b = null;
        try {
            byte[] content = Arrays.copyOf(format.header(), format.capacity());
            a = fill(disk, path(directory, format.generation(), 'a'), content);
            b = fill(disk, path(directory, format.generation(), 'b'), content);
            disk.forceDirectory(directory);
            return new Journal(disk, directory, format, a, b, JournalFormat.FIRST_RECORD);
        } catch (IOException e) {
            close(e, a);
            close(e, b);
            remove(disk, directory, format.generation(), e);
            throw e;
        }
    }

    private static Disk.DiskFile fill(Disk disk, Path path, byte[] content) throws IOException {
        Disk.DiskFile file = disk.open(path);
        try {
            file.setSize(content.length);
            file.write(0, content, 0, content.length);
            file.force();
            return file;
        } catch (IOException e) {
            close(e, file);
            throw e;
        }
    }

    /** Opens both files to go on after the last record, first making them what they must be. */
    static Journal open(Disk disk, Path directory, JournalScan scan) throws IOException {
        Disk.DiskFile a = null;
        Disk.DiskFile b = null;
        JournalFormat format = scan.format();
        try {
            // A first and durably, as with every commit: what A shows may not have reached the disk before the process
            // died
            byte[] content = scan.differs(0) || scan.differs(1) ? scan.merged() : null;
            a = settle(disk, path(directory, format.generation(), 'a'), content);
            b = settle(disk, path(directory, format.generation(), 'b'), content);
            return new Journal(disk, directory, format, a, b, scan.end());
        } catch (IOException e) {
            close(e, a);
            close(e, b);
            throw e;
        }
    }

    /**
     * Opens a file, forces what it shows, and before that rewrites the blocks that differ from what it must contain; only
     * those, so that a crash in the middle cannot make anything worse than it was.
     *
     * @param content null if the file is known to be right
     */
    private static Disk.DiskFile settle(Disk disk, Path path, byte[] content) throws IOException {
        byte[] before = content == null ? null : readOrNull(disk, path);
        Disk.DiskFile file = disk.open(path);
        try {
            if (content != null) {
                rewrite(file, before, content);
            }
            file.force();
            if (content != null && before == null) {
                disk.forceDirectory(path.getParent());
            }
            return file;
        } catch (IOException e) {
            close(e, file);
            throw e;
        }
    }

    private static void rewrite(Disk.DiskFile file, byte[] before, byte[] content) throws IOException {
        if (before == null || before.length != content.length) {
            file.setSize(content.length);
        }
        for (int at = 0; at < content.length; at += CHUNK) {
            int to = Math.min(at + CHUNK, content.length);
            if (before == null || before.length < to || !Arrays.equals(before, at, to, content, at, to)) {
                file.write(at, content, at, to - at);
            }
        }
    }

    static byte[] readOrNull(Disk disk, Path path) throws IOException {
        try {
            return disk.read(path);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    long generation() {
        return format.generation();
    }

    JournalFormat format() {
        return format;
    }

    /** Returns the bytes of records so far. */
    int used() {
        return position - JournalFormat.FIRST_RECORD;
    }

    /** Returns whether a commit fits so that the record that ends the journal still fits after it. */
    boolean fits(int payloadLength) {
        return (long) position + JournalFormat.RECORD_HEADER + payloadLength + JournalFormat.SEAL_ROOM
                <= format.capacity();
    }

    /**
     * Appends a record; it is durable in both files when this returns.
     *
     * @throws LcdStoreException NOT_WRITTEN: writing failed and both files are durably as before. FAILED: forcing failed, or
     *     the undoing; this journal must not be written any more
     */
    void append(int kind, long sequence, byte[] payload) throws LcdStoreException {
        byte[] record = format.record(kind, sequence, payload);
        if (record.length > format.capacity() - position) {
            throw new IllegalStateException("a record of " + record.length + " bytes does not fit into journal "
                    + format.generation() + " at " + position);
        }
        write(a, record, false);
        force(a);
        write(b, record, true);
        force(b);
        position += record.length;
    }

    private void write(Disk.DiskFile file, byte[] record, boolean second) throws LcdStoreException {
        try {
            file.write(position, record, 0, record.length);
        } catch (IOException failure) {
            try {
                if (second) {
                    clear(b, record.length);
                }
                clear(a, record.length);
            } catch (IOException undo) {
                failure.addSuppressed(undo);
                throw failed(failure);
            }
            throw LcdStoreException.notWritten(directory, failure);
        }
    }

    private void clear(Disk.DiskFile file, int length) throws IOException {
        file.write(position, new byte[length], 0, length);
        file.force();
    }

    private void force(Disk.DiskFile file) throws LcdStoreException {
        try {
            file.force();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private LcdStoreException failed(IOException e) {
        return LcdStoreException.failed("the change", directory, e);
    }

    /** Notes in both files that everything up to the sequence is acknowledged. */
    void mark(long sequence) throws IOException {
        byte[] mark = format.mark(sequence);
        for (Disk.DiskFile file : new Disk.DiskFile[] {a, b}) {
            file.write(JournalFormat.MARK, mark, 0, mark.length);
            file.force();
        }
    }

    /** Closes and deletes both files. */
    void discard(IOException cause) {
        close(cause, a);
        close(cause, b);
        remove(disk, directory, format.generation(), cause);
    }

    private static void remove(Disk disk, Path directory, long generation, IOException cause) {
        for (char copy : new char[] {'a', 'b'}) {
            try {
                disk.delete(path(directory, generation, copy));
            } catch (IOException e) {
                cause.addSuppressed(e); // an empty journal left over is deleted at the next opening
            }
        }
    }

    private static void close(IOException cause, Disk.DiskFile file) {
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                cause.addSuppressed(e);
            }
        }
    }

    @Override
    public void close() throws IOException {
        try (Disk.DiskFile first = a;
                Disk.DiskFile second = b) {
            // both are closed even if one fails
        }
    }
}
