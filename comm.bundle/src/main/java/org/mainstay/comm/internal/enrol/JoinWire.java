package org.mainstay.comm.internal.enrol;

import java.io.Closeable;
import java.io.IOException;

/** Frames of the join protocol over some connection: 4 bytes length, then the content. Used by one thread. */
public interface JoinWire extends Closeable {
    /** First bytes of the joining side: what it is, and the version of the protocol. */
    byte[] MAGIC = {'M', 'S', 'J', '1'};

    /** Longest frame in bytes. */
    int MAX_FRAME = 64 * 1024;

    /** Waits for a frame. @throws IOException if none comes in time, it is too long, or the connection ends */
    byte[] read() throws IOException;

    /** Sends a frame. */
    void write(byte[] frame) throws IOException;

    /** Sets how long {@link #read} waits, in milliseconds. */
    void patience(int millis);

    @Override
    void close();
}
