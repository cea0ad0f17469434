package org.mainstay.mirror.engine.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A stream of bytes to a peer: read by one thread, written by one thread at a time. Closing it ends both. */
public interface Wire extends Closeable {
    /** Reads at least one byte. @return how many, -1 at the end */
    int read(ByteBuffer target) throws IOException;

    /** Writes all of the first {@code count} buffers. */
    void write(ByteBuffer[] sources, int count) throws IOException;

    /** Writes all of one buffer. */
    default void write(ByteBuffer source) throws IOException {
        write(new ByteBuffer[] {source}, 1);
    }

    /** Fills the rest of {@code target}. @throws java.io.EOFException if the stream ends before */
    default void readFully(ByteBuffer target) throws IOException {
        while (target.hasRemaining()) {
            if (read(target) < 0) {
                throw new java.io.EOFException("the connection ended inside a message");
            }
        }
    }

    /** Returns who is at the other end, for people. */
    String peer();
}
