package org.mainstay.comm.internal.session;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLongArray;
import org.mainstay.comm.internal.wire.Frame;
import org.mainstay.comm.internal.wire.FrameCodec;
import org.mainstay.comm.internal.wire.ProtocolException;

/** What one side of a session has received. Confined to one thread, except {@link #consumed}. */
public final class Inbox {
    private static final int FIRST_ALLOCATION = 64 * 1024;

    private final Limits limits;
    private final Assembly[] lanes = new Assembly[FrameCodec.MAX_LANES];
    private final AtomicLongArray consumed = new AtomicLongArray(FrameCodec.MAX_LANES);
    private long received;
    private long acknowledged;

    public Inbox(Limits limits) {
        this.limits = limits;
    }

    private static final class Assembly {
        String topic;
        /** Message being put together; null between messages. */
        Frame.Head head;

        byte[] bytes;
        int filled;
        long begun;
    }

    /**
     * Takes a piece; drops it if it was received before.
     *
     * @return the message it completes
     * @throws ProtocolException if it does not follow what was received
     */
    public Optional<Incoming> accept(Frame.Data data) throws ProtocolException {
        if (data.sequence() <= received) {
            acknowledged = Math.min(acknowledged, received - 1); // it seems not to know
            return Optional.empty();
        }
        require(data.sequence() == received + 1, "a piece is missing");
        Assembly lane = lanes[data.lane()];
        if (lane == null) {
            require(data.head() != null, "a message without a head");
            lane = new Assembly();
            lane.topic = data.head().topic();
            lanes[data.lane()] = lane;
        }
        if (data.head() != null) {
            begin(lane, data);
        }
        require(lane.head != null, "a piece without its beginning");
        append(lane, data);
        received++;
        if (!data.last()) {
            return Optional.empty();
        }
        require(lane.filled == lane.head.total(), "a message shorter than announced");
        Incoming message = new Incoming(data.lane(), lane.head, lane.bytes);
        lane.head = null;
        lane.bytes = null;
        return Optional.of(message);
    }

    private void begin(Assembly lane, Frame.Data data) throws ProtocolException {
        Frame.Head head = data.head();
        require(lane.head == null, "a message begins inside another");
        require(head.topic().equals(lane.topic), "a lane changed its topic");
        require(lane.begun - consumed.get(data.lane()) <= limits.credit(), "the sender ignores flow control");
        lane.begun += Outbox.cost(head.total());
        lane.head = head;
        lane.filled = 0;
        lane.bytes = new byte[Math.min(head.total(), FIRST_ALLOCATION)];
    }

    private static void append(Assembly lane, Frame.Data data) throws ProtocolException {
        int total = lane.head.total();
        require(data.length() <= total - lane.filled, "a message longer than announced");
        int needed = lane.filled + data.length();
        if (needed > lane.bytes.length) {
            // Memory follows what really arrived: a head that announces much costs nothing.
            lane.bytes = Arrays.copyOf(lane.bytes, (int) Math.min(total, Math.max(needed, 4L * lane.bytes.length)));
        }
        System.arraycopy(data.source(), data.offset(), lane.bytes, lane.filled, data.length());
        lane.filled = needed;
    }

    /** Notes that a handler has taken a message. Any thread. */
    public void consumed(Incoming message) {
        consumed.addAndGet(message.lane(), message.cost());
    }

    /** Returns the sequence number up to which everything was received. */
    public long received() {
        return received;
    }

    /** Returns whether something arrived since the last acknowledgement. */
    public boolean unacknowledged() {
        return acknowledged < received;
    }

    /** Returns the acknowledgement of all so far. */
    public Frame.Ack acknowledgement() {
        acknowledged = received;
        List<Frame.Consumed> totals = new ArrayList<>();
        for (int lane = 0; lane < lanes.length; lane++) {
            if (lanes[lane] != null) {
                totals.add(new Frame.Consumed(lane, consumed.get(lane)));
            }
        }
        return new Frame.Ack(received, totals);
    }

    private static void require(boolean condition, String message) throws ProtocolException {
        if (!condition) {
            throw new ProtocolException(message);
        }
    }
}
