package org.mainstay.shell.internal.socket;

import java.io.IOException;
import java.io.OutputStream;

/** Turns what is written into frames; buffered, so that many short lines make few frames. */
public final class FrameOutput extends OutputStream {
    private static final int BUFFER_BYTES = 8192;

    /** Takes frames. */
    @FunctionalInterface
    public interface Sink {
        /** Passes a frame on; blocks while the reader does not keep up. */
        void send(Frame frame) throws IOException;
    }

    private final char type;
    private final Sink sink;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int used;

    public FrameOutput(char type, Sink sink) {
        this.type = type;
        this.sink = sink;
    }

    @Override
    public synchronized void write(int b) throws IOException {
        if (used == buffer.length) {
            flush();
        }
        buffer[used] = (byte) b;
        used++;
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
        int from = offset;
        int left = length;
        while (left > 0) {
            if (used == buffer.length) {
                flush();
            }
            int part = Math.min(left, buffer.length - used);
            System.arraycopy(bytes, from, buffer, used, part);
            used += part;
            from += part;
            left -= part;
        }
    }

    @Override
    public synchronized void flush() throws IOException {
        if (used > 0) {
            Frame frame = Frame.of(type, buffer, 0, used);
            used = 0;
            sink.send(frame);
        }
    }
}
