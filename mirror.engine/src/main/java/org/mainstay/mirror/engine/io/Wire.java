package org.mainstay.mirror.engine.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A stream of bytes to a peer: read by one thread, written by one thread at a time. Closing it ends both. */
public interface Wire extends Closeable {
    /** Reads at least one byte. @return how many, -1 at the end */
    int read(ByteBuffer target) throws IOException;

    /**
     * Reads behind what {@code input} still holds from its position to its limit. That is moved to the beginning only if there is no room
     * otherwise: moving what has come of a large message at each read would cost more than receiving it.
     *
     * @param whole how long the message at the position is, as far as that is known; it fits the buffer
     * @param alone read nothing beyond that message, so that the next one need not be moved
     * @return how many, -1 at the end
     */
    default int readOn(ByteBuffer input, int whole, boolean alone) throws IOException {
        int start = input.position();
        if (!input.hasRemaining()) {
            start = 0;
            input.limit(0);
        } else if (input.capacity() - start < whole) {
            input.compact().flip();
            start = 0;
        }
        int end = input.limit();
        input.limit(alone ? start + whole : input.capacity()).position(end);
        int got = read(input);
        input.limit(input.position()).position(start);
        return got;
    }

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

    /** Returns the name that the peer's certificate proves; null: nothing proves one. */
    default String identity() {
        return null;
    }
}
