package org.mainstay.mirror.engine.volume;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.io.Buffers;
import org.mainstay.mirror.engine.link.Frame;
import org.mainstay.mirror.engine.link.FrameType;
import org.mainstay.mirror.engine.link.Link;

/**
 * What one mirror has given to its link and the target has not answered, in order: the mirror write queue (MIR-023). Guarded by the
 * volume's lock.
 */
final class SendQueue {
    /** Told the answer to a frame; null if the link ended first. */
    interface Reply {
        void done(Frame answer);
    }

    private record Entry(long seq, WriteOp op, int blocks, long bytes, long since) {}

    private final Buffers buffers;
    private final ArrayDeque<Entry> entries = new ArrayDeque<>();
    private final Map<Long, Reply> awaited = new HashMap<>();
    private Link link;
    private long seq;
    private long bytes;
    private int writes;
    private int blocks;

    SendQueue(Buffers buffers) {
        this.buffers = buffers;
    }

    void begin(Link over) {
        link = over;
    }

    Link link() {
        return link;
    }

    long bytes() {
        return bytes;
    }

    /** Returns the number of writes of the application that are not answered. */
    int writes() {
        return writes;
    }

    /** Returns the number of blocks of the resynchronisation that are not answered. */
    int blocks() {
        return blocks;
    }

    boolean isEmpty() {
        return entries.isEmpty() && awaited.isEmpty();
    }

    /** Returns when the oldest entry came, in nanoseconds; {@code now} if there is none. */
    long oldest(long now) {
        return entries.isEmpty() ? now : entries.peekFirst().since;
    }

    /** Appends a change. @param sync its request stays until it is answered, so its data is used where it is */
    void change(WriteOp op, boolean sync, long now) {
        BlockRequest request = op.request;
        if (request.kind() == BlockRequest.Kind.WRITE) {
            if (sync) {
                request.keepData();
            }
            write(request, sync);
        } else {
            // A trimmed range reads as zeros on both sides, or they would not stay equal.
            link.send(FrameType.ZERO, ++seq, request.offset(), request.length());
        }
        writes++;
        add(new Entry(seq, sync ? op : null, 0, request.kind() == BlockRequest.Kind.WRITE ? request.length() : 0, now));
        if (sync) {
            op.left++;
        }
    }

    private void write(BlockRequest request, boolean sync) {
        ByteBuffer data = request.data();
        int start = data.position();
        int length = data.remaining();
        for (int done = 0; done < length; ) {
            int part = Math.min(length - done, Frame.LARGEST_PAYLOAD);
            ByteBuffer payload = data.duplicate().limit(start + done + part).position(start + done);
            Runnable sent = null;
            if (!sync) {
                ByteBuffer copy = buffers.takeBeyond(part);
                copy.put(payload).flip();
                payload = copy;
                sent = () -> buffers.give(copy);
            }
            link.send(FrameType.WRITE, ++seq, request.offset() + done, part, payload, sent);
            done += part;
        }
    }

    /** Appends blocks of the resynchronisation. @param data null: zeros */
    void blocks(long offset, long length, int count, ByteBuffer data, long now) {
        if (data == null) {
            link.send(FrameType.ZERO, ++seq, offset, length);
        } else {
            link.send(FrameType.BLOCK, ++seq, offset, length, data, () -> buffers.give(data));
        }
        blocks += count;
        add(new Entry(seq, null, count, length, now));
    }

    private void add(Entry entry) {
        entries.addLast(entry);
        bytes += entry.bytes;
    }

    /** Sends a frame that is answered by DONE. */
    void ask(FrameType type, long offset, long length, ByteBuffer payload, Reply reply) {
        awaited.put(++seq, reply);
        link.send(type, seq, offset, length, payload, null);
    }

    /** Everything up to {@code upTo} is applied. @return the synchronous changes among it */
    List<WriteOp> acked(long upTo) {
        List<WriteOp> ops = new ArrayList<>();
        while (!entries.isEmpty() && entries.peekFirst().seq <= upTo) {
            Entry entry = entries.pollFirst();
            bytes -= entry.bytes;
            blocks -= entry.blocks;
            if (entry.blocks == 0) {
                writes--;
            }
            if (entry.op != null) {
                ops.add(entry.op);
            }
        }
        return ops;
    }

    /** Answers what waits for DONE of that number. */
    void done(Frame answer) {
        Reply reply = awaited.remove(answer.seq());
        if (reply != null) {
            reply.done(answer);
        }
    }

    /** Forgets the link and all entries. @return the synchronous changes that were not answered */
    List<WriteOp> end() {
        link = null;
        List<Reply> replies = new ArrayList<>(awaited.values());
        awaited.clear();
        List<WriteOp> ops = acked(Long.MAX_VALUE);
        replies.forEach(reply -> reply.done(null));
        return ops;
    }
}
