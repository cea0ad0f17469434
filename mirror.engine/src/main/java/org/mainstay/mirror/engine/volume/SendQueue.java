package org.mainstay.mirror.engine.volume;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
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

    private static final class Asked {
        private final long seq;
        private final Reply reply;
        /** When it was asked, or the last data before it was taken. */
        private long since;

        Asked(long seq, Reply reply, long since) {
            this.seq = seq;
            this.reply = reply;
            this.since = since;
        }
    }

    private static final long MOST_ZEROS = 64L << 20;
    /** What each queue may have in copies, however much the others have. */
    private static final long LEAST_COPIES = 1L << 20;

    private final Buffers buffers;
    /** Where copies of data come from, for all queues. */
    private final Buffers copies;

    private final LongSupplier nanos;
    /** Bytes of copies that have not left. */
    private final AtomicLong copied = new AtomicLong();

    private final ArrayDeque<Entry> entries = new ArrayDeque<>();
    private final Map<Long, Asked> awaited = new LinkedHashMap<>();
    private Link link;
    private long seq;
    /** The last number given before the link began. */
    private long before;

    private long bytes;
    private int writes;
    private int blocks;
    /** When the target last took something, or had nothing to take. */
    private long progress;

    private long taken;
    /** When a part of the first entry was taken. */
    private long partly = Long.MIN_VALUE;

    SendQueue(Environment env) {
        this.buffers = env.buffers();
        this.copies = env.queueBuffers();
        this.nanos = env::nanos;
    }

    void begin(Link over) {
        link = over;
        before = seq;
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

    /** Says whether the target has not taken something yet that clients may have been answered already. */
    boolean answeredAhead() {
        return entries.stream().anyMatch(entry -> entry.op == null && entry.blocks == 0);
    }

    /** Returns the number of blocks of the resynchronisation that are not answered. */
    int blocks() {
        return blocks;
    }

    boolean isEmpty() {
        return entries.isEmpty() && awaited.isEmpty();
    }

    /**
     * Says whether this queue has its share of the memory for copies: as much as is left for others. So each of many gets the same,
     * and a new one something.
     */
    boolean crowded() {
        long own = copied.get();
        // Only an answer makes room known again: without entries none will come.
        return !entries.isEmpty() && own >= LEAST_COPIES && own >= copies.limit() - copies.inUse();
    }

    /** Returns since when the target has taken nothing although there is something, in nanoseconds; {@code now}: it does. */
    long stalled(long now) {
        return entries.isEmpty() ? now : progress;
    }

    /** Returns since when the target could answer what waits for DONE, in nanoseconds; {@code now} if nothing waits. */
    long unanswered(long now) {
        if (awaited.isEmpty()) {
            return now;
        }
        Asked first = awaited.values().iterator().next();
        return entries.isEmpty() || entries.peekFirst().seq > first.seq ? first.since : now;
    }

    /** Returns when the oldest entry came, in nanoseconds; {@code now} if there is none. */
    long oldest(long now) {
        return entries.isEmpty() ? now : Math.max(entries.peekFirst().since, partly);
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
            zero(request.offset(), request.length());
        }
        writes++;
        add(new Entry(seq, sync ? op : null, 0, request.kind() == BlockRequest.Kind.WRITE ? request.length() : 0, now));
        if (sync) {
            op.left++;
        }
    }

    /** In parts, so that a target that has to write them says now and then how far it is. */
    private void zero(long offset, long length) {
        for (long done = 0; done < length || done == 0; done += MOST_ZEROS) {
            link.send(FrameType.ZERO, ++seq, offset + done, Math.min(MOST_ZEROS, length - done));
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
                ByteBuffer copy = copies.takeBeyond(part);
                copied.addAndGet(copy.capacity());
                copy.put(payload).flip();
                payload = copy;
                sent = () -> {
                    copied.addAndGet(-copy.capacity());
                    copies.give(copy);
                };
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
        if (entries.isEmpty()) {
            progress = entry.since;
        }
        entries.addLast(entry);
        bytes += entry.bytes;
    }

    /** Sends a frame that is answered by DONE. */
    void ask(FrameType type, long offset, long length, ByteBuffer payload, Reply reply) {
        awaited.put(++seq, new Asked(seq, reply, nanos.getAsLong()));
        link.send(type, seq, offset, length, payload, null);
    }

    /** Everything up to {@code upTo} is applied. @return the synchronous changes among it */
    List<WriteOp> acked(long upTo) {
        List<WriteOp> ops = new ArrayList<>();
        if (upTo > taken) {
            // Of a long one a part perhaps.
            taken = upTo;
            progress = nanos.getAsLong();
            partly = progress;
            awaited.values().stream().filter(asked -> asked.seq > upTo).forEach(asked -> asked.since = progress);
        }
        while (!entries.isEmpty() && entries.peekFirst().seq <= upTo) {
            Entry entry = entries.pollFirst();
            partly = entry.seq == upTo ? Long.MIN_VALUE : partly;
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

    /** Says whether a frame of that number was sent by this link. */
    boolean sent(long number) {
        return number > before && number <= seq;
    }

    /** Answers what waits for DONE of that number. @return false: nothing does */
    boolean done(Frame answer) {
        Asked asked = awaited.remove(answer.seq());
        if (asked != null) {
            asked.reply.done(answer);
        }
        return asked != null;
    }

    /** Forgets the link and all entries. @return the synchronous changes that were not answered */
    List<WriteOp> end() {
        link = null;
        List<Asked> unanswered = new ArrayList<>(awaited.values());
        awaited.clear();
        List<WriteOp> ops = acked(Long.MAX_VALUE);
        taken = 0;
        partly = Long.MIN_VALUE;
        unanswered.forEach(asked -> asked.reply.done(null));
        return ops;
    }
}
