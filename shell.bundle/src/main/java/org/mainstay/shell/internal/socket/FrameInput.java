package org.mainstay.shell.internal.socket;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import org.mainstay.shell.internal.socket.Frame.ProtocolException;

/** Standard input of the caller, asked for piece by piece when the command reads. */
public final class FrameInput extends InputStream {
    private static final int PIECE_BYTES = 1 << 15;

    private final FrameOutput.Sink sink;
    private final Deque<byte[]> pieces = new ArrayDeque<>();
    private int position;
    private int wanted;
    private boolean ended;

    public FrameInput(FrameOutput.Sink sink) {
        this.sink = sink;
    }

    /** Takes an input frame. @throws ProtocolException if it is more than was asked for */
    synchronized void receive(byte[] bytes) throws ProtocolException {
        if (bytes.length > wanted || ended) {
            throw new ProtocolException("more standard input than was asked for");
        }
        wanted -= bytes.length;
        if (bytes.length == 0) {
            ended = true;
        } else {
            pieces.add(bytes);
        }
        notifyAll();
    }

    /** Ends the input: the caller is gone. */
    synchronized void end() {
        ended = true;
        notifyAll();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public synchronized int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (pieces.isEmpty() && !ended && wanted == 0) {
            wanted = PIECE_BYTES;
            sink.send(Frame.number(Frame.INPUT_WANTED, PIECE_BYTES));
        }
        try {
            while (pieces.isEmpty() && !ended) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while reading standard input", e);
        }
        if (pieces.isEmpty()) {
            return -1;
        }
        byte[] piece = pieces.getFirst();
        int part = Math.min(length, piece.length - position);
        System.arraycopy(piece, position, bytes, offset, part);
        position += part;
        if (position == piece.length) {
            pieces.removeFirst();
            position = 0;
        }
        return part;
    }
}
