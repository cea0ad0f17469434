package org.mainstay.mirror.engine.nbd;

import java.nio.ByteBuffer;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.io.Buffers;

/** A request of an NBD connection, with its answer. Used again and again by its connection. */
final class NbdRequest extends BlockRequest {
    /** In a buffer for a read: where the data begins, behind the room for the longest header. */
    private static final int DATA = 32;

    private static final int HEAD_BYTES = 64;

    private final Transmission owner;
    private final ByteBuffer head = ByteBuffer.allocateDirect(HEAD_BYTES);
    private long cookie;
    private ByteBuffer input;
    private int inputAt;
    private ByteBuffer kept;
    private int keptAt;
    private ByteBuffer reply;

    NbdRequest(Transmission owner) {
        this.owner = owner;
    }

    /** Begins another request. */
    NbdRequest begin(Kind newKind, long newCookie, long newOffset, long newLength, int flags) {
        kind = newKind;
        cookie = newCookie;
        offset = newOffset;
        length = newLength;
        fua = (flags & Nbd.CMD_FLAG_FUA) != 0;
        allocated = (flags & Nbd.CMD_FLAG_NO_HOLE) != 0;
        return this;
    }

    /** Gives the request a buffer of its own, returned to the pool at {@link #release}. */
    void own(ByteBuffer buffer) {
        kept = buffer;
        keptAt = kind == Kind.READ ? DATA : 0;
    }

    /** Says that the data to write lies in the connection's input, until submit returns. */
    void borrow(ByteBuffer from, int at) {
        input = from;
        inputAt = at;
    }

    @Override
    public ByteBuffer data() {
        ByteBuffer from = input != null ? input : kept;
        int at = input != null ? inputAt : keptAt;
        ByteBuffer view = from.duplicate();
        return view.limit(at + (int) length).position(at);
    }

    @Override
    public void keepData() {
        if (input != null) {
            ByteBuffer copy = owner.buffer((int) length);
            copy.put(data()).flip();
            own(copy);
            input = null;
        }
    }

    @Override
    public boolean stepAside() {
        return owner.stepAside();
    }

    @Override
    public void answer(int error) {
        if (kind == Kind.READ && error == OK) {
            readReply();
        } else if (kind == Kind.READ && owner.structured()) {
            head.clear();
            head.putInt(Nbd.STRUCTURED_REPLY).putShort((short) Nbd.CHUNK_DONE).putShort((short) Nbd.CHUNK_ERROR);
            head.putLong(cookie).putInt(6).putInt(error).putShort((short) 0);
            reply = head.flip();
        } else {
            head.clear();
            head.putInt(Nbd.SIMPLE_REPLY).putInt(error).putLong(cookie);
            reply = head.flip();
        }
        owner.completed(this);
    }

    @Override
    public void push() {
        owner.push();
    }

    private void readReply() {
        int start = DATA - (owner.structured() ? Nbd.CHUNK_HEADER_BYTES + Nbd.OFFSET_BYTES : Nbd.SIMPLE_REPLY_BYTES);
        ByteBuffer all = kept;
        all.clear().position(start);
        if (owner.structured()) {
            all.putInt(Nbd.STRUCTURED_REPLY).putShort((short) Nbd.CHUNK_DONE).putShort((short) Nbd.CHUNK_OFFSET_DATA);
            all.putLong(cookie).putInt((int) length + Nbd.OFFSET_BYTES).putLong(offset);
        } else {
            all.putInt(Nbd.SIMPLE_REPLY).putInt(OK).putLong(cookie);
        }
        reply = all.position(start).limit(DATA + (int) length);
    }

    /** Returns what to send. */
    ByteBuffer reply() {
        return reply;
    }

    /** Ends the request: gives its buffer back. */
    void release(Buffers buffers) {
        input = null;
        reply = null;
        if (kept != null) {
            buffers.give(kept);
            kept = null;
        }
    }

    /** Returns how large a buffer a read of that many bytes needs. */
    static int readBytes(int length) {
        return length + DATA;
    }
}
