package org.mainstay.shell.internal.socket;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * One frame of the command protocol (PROTOCOL.md).
 *
 * @param type one of the constants
 * @param payload not copied
 */
public record Frame(char type, byte[] payload) {
    public static final char RUN = 'R';
    public static final char INPUT = 'I';
    public static final char CANCEL = 'C';
    public static final char OUTPUT = 'O';
    public static final char ERROR = 'E';
    public static final char INPUT_WANTED = 'N';
    public static final char EXIT = 'X';
    /** Between servers only. */
    public static final char ACKNOWLEDGE = 'A';

    public static final int MOST_RUN_BYTES = 1 << 20;
    public static final int MOST_BYTES = 1 << 16;
    public static final int HEADER_BYTES = 5;

    public static Frame of(char type, byte[] bytes, int offset, int length) {
        byte[] payload = new byte[length];
        System.arraycopy(bytes, offset, payload, 0, length);
        return new Frame(type, payload);
    }

    public static Frame empty(char type) {
        return new Frame(type, new byte[0]);
    }

    public static Frame number(char type, int value) {
        return new Frame(type, ByteBuffer.allocate(Integer.BYTES).putInt(value).array());
    }

    public static Frame exit(int code) {
        return new Frame(EXIT, new byte[] {(byte) code});
    }

    /** Returns the payload of a frame that carries a number. */
    public int number() throws ProtocolException {
        if (payload.length != Integer.BYTES) {
            throw new ProtocolException("frame " + type + " must carry 4 bytes, not " + payload.length);
        }
        return ByteBuffer.wrap(payload).getInt();
    }

    /** Returns the exit code of an {@link #EXIT} frame. */
    public int exitCode() throws ProtocolException {
        if (payload.length != 1) {
            throw new ProtocolException("an exit frame must carry 1 byte, not " + payload.length);
        }
        return payload[0] & 0xff;
    }

    /** Returns the frame as bytes, header first. */
    public ByteBuffer encoded() {
        return ByteBuffer.allocate(HEADER_BYTES + payload.length)
                .put((byte) type)
                .putInt(payload.length)
                .put(payload)
                .flip();
    }

    /**
     * Reads the next frame.
     *
     * @throws ProtocolException if it is longer than the limit of its type
     * @throws EOFException at the end of the stream
     */
    public static Frame read(InputStream stream) throws IOException {
        DataInputStream data = new DataInputStream(stream);
        char type = (char) data.readUnsignedByte();
        int length = data.readInt();
        int most = type == RUN ? MOST_RUN_BYTES : MOST_BYTES;
        if (length < 0 || length > most) {
            throw new ProtocolException(
                    "a frame of " + Integer.toUnsignedString(length) + " bytes; the limit is " + most);
        }
        byte[] payload = new byte[length];
        data.readFully(payload);
        return new Frame(type, payload);
    }

    /** The other side does not keep to the protocol. */
    public static final class ProtocolException extends IOException {
        private static final long serialVersionUID = 1L;

        public ProtocolException(String message) {
            super(message);
        }
    }
}
