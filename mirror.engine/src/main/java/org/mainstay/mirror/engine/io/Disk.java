package org.mainstay.mirror.engine.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Storage of a fixed size. Thread-safe; transfers at different places run at the same time. What was written is visible to
 * every later read at once and survives the death of the process; it survives the loss of power only after {@link #flush}.
 */
public interface Disk extends Closeable {
    /** Returns the size in bytes. */
    long size();

    /** Returns how many bytes there are now: a device may have been made larger, or smaller, since it was opened. */
    default long room() throws IOException {
        return size();
    }

    /** Fills the rest of {@code target} from {@code offset} on. */
    void read(ByteBuffer target, long offset) throws IOException;

    /** Says whether a range is known to read as zeros because nothing was ever written there, or it was given back. */
    default boolean hole(long offset, long length) throws IOException {
        return false;
    }

    /** Writes the rest of {@code source} at {@code offset}. */
    void write(ByteBuffer source, long offset) throws IOException;

    /** Makes a range read as zeros. @param allocated keep the space reserved */
    void zero(long offset, long length, boolean allocated) throws IOException;

    /** Says that the contents of a range no longer matter. */
    void trim(long offset, long length) throws IOException;

    /** Returns when everything written before the call is on stable storage. */
    void flush() throws IOException;

    /** A failed flush, after which all fail, does not count from here on: what it may have lost is known, or is written again. */
    default void renew() {}

    /**
     * Reads what is on storage from here on, not what memory held of it when the disk was opened: after a flush that failed in an
     * earlier process the page cache has what storage may not have. To be called behind a flush that succeeded.
     *
     * @return false if it is not certain
     */
    default boolean reread() {
        return true;
    }
}
