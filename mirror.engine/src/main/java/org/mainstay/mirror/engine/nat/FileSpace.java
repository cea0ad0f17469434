package org.mainstay.mirror.engine.nat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Gives back, zeroes and finds holes in a file or block device, through a descriptor of its own. Needs the library
 * {@code libmainstay-mirror.so} in the folder named by the property {@code mainstay.mirror.native}. Thread-safe.
 */
public final class FileSpace implements AutoCloseable {
    private static final int EOPNOTSUPP = 95;
    private static final int ENXIO = 6;
    private static final int EBUSY = 16;
    private static final int EINVAL = 22;
    private static final boolean LOADED = load();

    private final int descriptor;
    private volatile boolean punches = true;
    private volatile boolean zeroes = true;
    private boolean closed;

    private FileSpace(int descriptor) {
        this.descriptor = descriptor;
    }

    private static boolean load() {
        String folder = System.getProperty("mainstay.mirror.native", "lib/native");
        Path library = Path.of(folder, "libmainstay-mirror.so").toAbsolutePath();
        if (!Files.isRegularFile(library)) {
            return false;
        }
        try {
            System.load(library.toString());
            return true;
        } catch (UnsatisfiedLinkError e) {
            // Built for another machine: the engine works without it, and status says so.
            return false;
        }
    }

    /** Says whether the native library is there. */
    public static boolean available() {
        return LOADED;
    }

    /** Returns the space of an existing file or device; null without the native library. */
    public static FileSpace of(Path path) throws IOException {
        if (!LOADED) {
            return null;
        }
        int descriptor = open(path.toString().getBytes(StandardCharsets.UTF_8));
        if (descriptor == -EBUSY) {
            throw new IOException(
                    path + " is in use: mounted, swap, part of another device, or of another volume. A volume's"
                            + " device is for its engine alone: free it first");
        }
        if (descriptor < 0) {
            throw new IOException(path + " cannot be opened for reading and writing: errno " + -descriptor);
        }
        return new FileSpace(descriptor);
    }

    /**
     * Makes a range read as zeros without writing them.
     *
     * @param allocated keep the space reserved
     * @return false if the storage cannot; then nothing is promised about the range and zeros have to be written
     */
    public boolean zero(long offset, long length, boolean allocated) throws IOException {
        if (!allocated && punches) {
            int error = zero(descriptor, offset, length, true);
            if (error == 0) {
                return true;
            }
            punches = again(error, "give back space");
        }
        if (zeroes) {
            int error = zero(descriptor, offset, length, false);
            if (error == 0) {
                return true;
            }
            zeroes = again(error, "zero a range");
        }
        return false;
    }

    /** Returns whether it is worth another try later. @throws IOException if zeros could not be written either */
    private static boolean again(int error, String what) throws IOException {
        if (!writable(error)) {
            throw new IOException("the storage cannot " + what + ": errno " + error);
        }
        return error != EOPNOTSUPP;
    }

    /** Says whether zeros may be written all the same: never possible, not for ranges that do not fit the sectors, or not just now. */
    static boolean writable(int error) {
        return error == EOPNOTSUPP || error == EINVAL || error == EBUSY;
    }

    /** Returns where the first data at or after {@code offset} begins; {@code end} if there is none before it. */
    public long data(long offset, long end) {
        long found = seek(descriptor, offset, false);
        return found == -ENXIO ? end : found < 0 ? offset : Math.min(end, found);
    }

    /** Returns where the first hole at or after {@code offset} begins; {@code end} if there is none before it. */
    public long hole(long offset, long end) {
        long found = seek(descriptor, offset, true);
        return found < 0 ? end : Math.min(end, found);
    }

    /** Drops from the page cache what is on storage or was given up, so that it is read anew. @return whether the system did it */
    public boolean drop() {
        return drop(descriptor) == 0;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            close(descriptor);
        }
    }

    private static native int open(byte[] path);

    private static native int zero(int descriptor, long offset, long length, boolean punch);

    private static native long seek(int descriptor, long offset, boolean hole);

    private static native int drop(int descriptor);

    private static native void close(int descriptor);
}
