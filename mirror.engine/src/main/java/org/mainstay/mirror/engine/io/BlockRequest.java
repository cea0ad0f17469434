package org.mainstay.mirror.engine.io;

import java.nio.ByteBuffer;

/**
 * One request of a client against a volume. Filled by one thread, then given to a volume, which answers it exactly once by
 * {@link #complete}, from any thread.
 */
public abstract class BlockRequest {
    /** What a request asks for. */
    public enum Kind {
        READ,
        WRITE,
        ZERO,
        TRIM,
        FLUSH
    }

    /** Answer: done. The other numbers are the NBD protocol's, which are those of Linux. */
    public static final int OK = 0;

    public static final int EPERM = 1;
    public static final int EIO = 5;
    public static final int ENOMEM = 12;
    public static final int EINVAL = 22;
    public static final int ENOSPC = 28;
    public static final int EOVERFLOW = 75;
    public static final int ENOTSUP = 95;
    public static final int ESHUTDOWN = 108;

    protected Kind kind;
    protected long offset;
    protected long length;
    /** Force unit access: durable before it is answered. */
    protected boolean fua;
    /** {@link Kind#ZERO}: keep the space reserved. */
    protected boolean allocated;

    public final Kind kind() {
        return kind;
    }

    public final long offset() {
        return offset;
    }

    public final long length() {
        return length;
    }

    public final long end() {
        return offset + length;
    }

    public final boolean fua() {
        return fua;
    }

    public final boolean allocated() {
        return allocated;
    }

    /** Says whether the request changes the volume. */
    public final boolean changes() {
        return kind == Kind.WRITE || kind == Kind.ZERO || kind == Kind.TRIM;
    }

    /** Returns a view of what is to be written, or of the room for what is read. Each call returns a fresh view. */
    public abstract ByteBuffer data();

    /**
     * Makes {@link #data} valid until the request is answered. Must be called inside {@code submit} by whoever uses the
     * data after it returned: until then it may lie in the connection's input.
     */
    public abstract void keepData();

    /**
     * Says before something slow that the calling thread will be busy. If it is the one that reads the client's requests and has
     * begun nothing but this one, another reads on. {@link #keepData} comes first.
     *
     * @return false: it is still wanted for reading, or never was
     */
    public boolean stepAside() {
        return false;
    }

    /**
     * Ends the request; {@link #push} sends the answer, here or of a later request of the same connection.
     *
     * @param error {@link #OK} or one of the E numbers
     */
    public abstract void answer(int error);

    /** Sends what was answered. May be called after the request was ended. */
    public abstract void push();

    /** Answers the request. @param error {@link #OK} or one of the E numbers */
    public final void complete(int error) {
        answer(error);
        push();
    }
}
