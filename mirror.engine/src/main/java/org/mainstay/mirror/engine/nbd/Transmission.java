package org.mainstay.mirror.engine.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.io.Buffers;
import org.mainstay.mirror.engine.io.Export;
import org.mainstay.mirror.engine.io.Wire;

/**
 * The requests of one connection. What has arrived together is begun together: a busy client costs a read, a write and a wake-up
 * per bundle of requests, not per request. When buffers or requests run out, nothing more is read: the client waits.
 */
final class Transmission {
    /** What fits is used where it lies; larger data is read straight into a buffer of its own. */
    private static final int INPUT_BYTES = 256 << 10;

    private static final int BORROWED = 64 << 10;
    private static final int TOGETHER = 64;

    private final Wire wire;
    private final Export export;
    private final boolean structured;
    private final Buffers buffers;
    private final Replies replies;
    private final Readers readers;
    private final ByteBuffer input;
    // What follows is the leader's.
    private BlockRequest[] batch = new BlockRequest[TOGETHER];
    private BlockRequest[] otherBatch = new BlockRequest[TOGETHER];
    private int count;
    /** Whether what is being begun was a single request. */
    private boolean alone;
    /** A write whose data does not fit the input: being read into {@link #largeData}. */
    private NbdRequest large;

    private ByteBuffer largeData;
    private long skip;
    private boolean finished;

    /** To be made by the thread that runs it. */
    Transmission(Handshake.Agreement agreement, Buffers buffers, ByteBuffer input, int requests) {
        this.wire = agreement.wire();
        this.export = agreement.export();
        this.structured = agreement.structured();
        this.buffers = buffers;
        this.input = input.clear().limit(0);
        this.replies = new Replies(wire, buffers, requests);
        this.readers = new Readers(wire, this::lead);
    }

    static int inputBytes() {
        return INPUT_BYTES;
    }

    boolean structured() {
        return structured;
    }

    Replies replies() {
        return replies;
    }

    /** Serves the connection to its end. Returns when every request is answered. */
    void run() throws IOException {
        try {
            readers.run();
        } finally {
            if (large != null) {
                large.release(buffers);
                replies.untake(large);
            }
            replies.end();
        }
    }

    private void lead() throws IOException {
        while (!finished && readers.leads()) {
            try {
                parse();
            } finally {
                // What came before something malformed is answered: the end waits for every request begun.
                submit();
            }
            if (readers.leads() && !finished && !parsable()) {
                receive();
            }
        }
    }

    private void submit() {
        if (count > 0) {
            int all = count;
            count = 0;
            alone = all == 1;
            export.submit(batch, all);
        }
        if (readers.leads()) {
            replies.flush(false);
        }
    }

    /** See {@link BlockRequest#stepAside}; called by any thread. */
    boolean stepAside() {
        if (!readers.leads() || !alone) {
            return false;
        }
        alone = false;
        // This thread is still in submit with its own.
        exchangeBatches();
        if (readers.stepAside()) {
            return true;
        }
        exchangeBatches();
        return false;
    }

    private void exchangeBatches() {
        BlockRequest[] mine = batch;
        batch = otherBatch;
        otherBatch = mine;
    }

    /** A request is answered; called by any thread. */
    void completed(NbdRequest request) {
        replies.add(request);
    }

    /** Sends what was answered, unless the leader is about to; called by any thread. */
    void push() {
        if (!readers.leads()) {
            replies.flush(readers.aside());
        }
    }

    /** Returns a buffer for data that has to outlive the input: small, and no more of them than requests. */
    ByteBuffer buffer(int size) {
        return buffers.takeBeyond(size);
    }

    private void receive() throws IOException {
        if (largeData != null) {
            if (wire.read(largeData) < 0) {
                finished = true;
            }
            return;
        }
        if (wire.readOn(input, Nbd.REQUEST_BYTES + BORROWED, false) < 0) {
            finished = true;
        }
    }

    /** Says whether the input may hold more requests than were begun: a full batch, or something ran out. */
    private boolean parsable() {
        if (largeData != null) {
            return !largeData.hasRemaining();
        }
        if (skip > 0) {
            return input.hasRemaining();
        }
        return input.remaining() >= Nbd.REQUEST_BYTES && waitsForResources;
    }

    private boolean waitsForResources;

    private void parse() throws IOException {
        waitsForResources = false;
        if (largeData != null) {
            if (largeData.hasRemaining()) {
                return;
            }
            largeData = null;
            add(large);
            large = null;
        }
        while (!finished && largeData == null) {
            if (skip > 0) {
                int part = (int) Math.min(skip, input.remaining());
                input.position(input.position() + part);
                skip -= part;
            }
            if (skip > 0 || input.remaining() < Nbd.REQUEST_BYTES) {
                return;
            }
            if (count == TOGETHER) {
                waitsForResources = true;
                return;
            }
            if (!parseOne(input.position())) {
                return;
            }
        }
    }

    private void add(BlockRequest request) {
        batch[count++] = request;
    }

    /** Takes one request out of the input. @return false if it is not complete or something it needs is used up */
    private boolean parseOne(int at) throws IOException {
        if (input.getInt(at) != Nbd.REQUEST) {
            throw new HandshakeException("a request does not begin as one");
        }
        int type = input.getShort(at + 6) & 0xffff;
        long length = input.getInt(at + 24) & 0xffffffffL;
        if (type == Nbd.CMD_DISC) {
            finished = true;
            return false;
        }
        int payload = 0;
        if (type == Nbd.CMD_WRITE) {
            if (length > Nbd.LARGEST_PAYLOAD) {
                throw new HandshakeException("a write of " + length + " bytes, the largest is " + Nbd.LARGEST_PAYLOAD);
            }
            payload = (int) length;
            if (payload <= BORROWED && input.remaining() < Nbd.REQUEST_BYTES + payload) {
                return false;
            }
        }
        if (count == 0) {
            // What was refused here waits for nobody else to send it, and holds its request until then.
            replies.flush(false);
        }
        NbdRequest request = replies.take(this, count == 0);
        if (request == null) {
            waitsForResources = true;
            return false;
        }
        return begin(request, at, type, payload);
    }

    private boolean begin(NbdRequest request, int at, int type, int payload) {
        int flags = input.getShort(at + 4) & 0xffff;
        long cookie = input.getLong(at + 8);
        long offset = input.getLong(at + 16);
        long length = input.getInt(at + 24) & 0xffffffffL;
        BlockRequest.Kind kind = kind(type);
        request.begin(kind == null ? BlockRequest.Kind.FLUSH : kind, cookie, offset, length, flags);
        int error = check(kind, flags, offset, length);
        if (error != BlockRequest.OK) {
            input.position(at + Nbd.REQUEST_BYTES);
            skip = payload;
            request.complete(error);
            return true;
        }
        int size =
                kind == BlockRequest.Kind.READ ? NbdRequest.readBytes((int) length) : payload > BORROWED ? payload : 0;
        if (size > 0) {
            ByteBuffer own = count == 0 ? buffers.take(size) : buffers.tryTake(size);
            if (own == null) {
                replies.untake(request);
                waitsForResources = true;
                return false;
            }
            request.own(own);
        }
        input.position(at + Nbd.REQUEST_BYTES);
        if (payload > BORROWED) {
            return beginLarge(request, payload);
        }
        if (payload > 0) {
            request.borrow(input, input.position());
            input.position(input.position() + payload);
        }
        add(request);
        return true;
    }

    private boolean beginLarge(NbdRequest request, int payload) {
        ByteBuffer data = request.data();
        int there = Math.min(payload, input.remaining());
        int limit = input.limit();
        input.limit(input.position() + there);
        data.put(input);
        input.limit(limit);
        if (data.hasRemaining()) {
            large = request;
            largeData = data;
            return false;
        }
        add(request);
        return true;
    }

    private static BlockRequest.Kind kind(int type) {
        return switch (type) {
            case Nbd.CMD_READ -> BlockRequest.Kind.READ;
            case Nbd.CMD_WRITE -> BlockRequest.Kind.WRITE;
            case Nbd.CMD_FLUSH -> BlockRequest.Kind.FLUSH;
            case Nbd.CMD_TRIM -> BlockRequest.Kind.TRIM;
            case Nbd.CMD_WRITE_ZEROES -> BlockRequest.Kind.ZERO;
            default -> null;
        };
    }

    private int check(BlockRequest.Kind kind, int flags, long offset, long length) {
        if (kind == null || (flags & ~allowed(kind)) != 0) {
            return BlockRequest.EINVAL;
        }
        if (kind == BlockRequest.Kind.FLUSH) {
            return offset == 0 && length == 0 ? BlockRequest.OK : BlockRequest.EINVAL;
        }
        boolean changes = kind != BlockRequest.Kind.READ;
        if (changes && export.readOnly()) {
            return BlockRequest.EPERM;
        }
        if (length == 0 || kind == BlockRequest.Kind.READ && length > Nbd.LARGEST_PAYLOAD) {
            return BlockRequest.EINVAL;
        }
        long size = export.size();
        if (offset < 0 || offset > size || length > size - offset) {
            boolean grows = kind == BlockRequest.Kind.WRITE || kind == BlockRequest.Kind.ZERO;
            return grows ? BlockRequest.ENOSPC : BlockRequest.EINVAL;
        }
        return BlockRequest.OK;
    }

    private int allowed(BlockRequest.Kind kind) {
        return switch (kind) {
            case READ -> structured ? Nbd.CMD_FLAG_DF | Nbd.CMD_FLAG_FUA : Nbd.CMD_FLAG_FUA;
            case ZERO -> Nbd.CMD_FLAG_FUA | Nbd.CMD_FLAG_NO_HOLE;
            case WRITE, TRIM, FLUSH -> Nbd.CMD_FLAG_FUA;
        };
    }
}
