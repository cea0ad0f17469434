package org.mainstay.comm.internal.session;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mainstay.comm.internal.wire.Frame;
import org.mainstay.comm.internal.wire.FrameCodec;
import org.mainstay.comm.internal.wire.ProtocolException;

/** What one side of a session has to send. Thread-safe. */
public final class Outbox {
    private final Limits limits;
    private final Map<String, Lane> byTopic = new HashMap<>();
    private final List<Lane> lanes = new ArrayList<>();
    private final ArrayDeque<Frame.Data> unacknowledged = new ArrayDeque<>();
    private final ArrayDeque<Frame.Data> again = new ArrayDeque<>();
    private long unacknowledgedBytes;
    private long sequence;
    private int turn;
    private boolean closed;

    public Outbox(Limits limits) {
        this.limits = limits;
    }

    private record Outgoing(Frame.Head head, byte[] payload) {}

    private static final class Lane {
        final int number;
        final boolean urgent;
        final ArrayDeque<Outgoing> waiting = new ArrayDeque<>();
        /** Bytes of the first waiting message that are sent already; -1 = not begun. */
        int progress = -1;
        /** Cost of all that is not acknowledged yet. */
        long queued;
        /** Cost of all messages begun. */
        long begun;
        /** Cost of all the peer's handlers have taken. */
        long consumed;

        Lane(int number, boolean urgent) {
            this.number = number;
            this.urgent = urgent;
        }
    }

    /**
     * Puts a message into the queue of its topic. The payload is not copied and must not change any more.
     *
     * @param answer answers may fill the queue to twice its limit, since the other side waits for them
     * @return false if the queue is full or the session is over
     */
    public synchronized boolean offer(Frame.Head head, byte[] payload, boolean answer) {
        Lane lane = lane(head.topic());
        long cost = cost(payload.length);
        long limit = answer ? 2 * limits.queue() : limits.queue();
        if (closed || lane == null || lane.queued > 0 && lane.queued + cost > limit) {
            return false;
        }
        lane.queued += cost;
        lane.waiting.add(new Outgoing(head, payload));
        return true;
    }

    /** Returns the next piece to write to the present connection, or null if there is none or it must wait. */
    public synchronized Frame.Data next() {
        if (!again.isEmpty()) {
            return again.poll();
        }
        if (closed || unacknowledgedBytes >= limits.urgentWindow()) {
            return null;
        }
        for (Lane lane : lanes) {
            if (lane.urgent && ready(lane)) {
                return take(lane);
            }
        }
        if (unacknowledgedBytes >= limits.window()) {
            return null;
        }
        for (int i = 0; i < lanes.size(); i++) {
            turn = (turn + 1) % lanes.size();
            if (ready(lanes.get(turn))) {
                return take(lanes.get(turn));
            }
        }
        return null;
    }

    private boolean ready(Lane lane) {
        return !lane.waiting.isEmpty() && (lane.progress >= 0 || lane.begun - lane.consumed <= limits.credit());
    }

    private Frame.Data take(Lane lane) {
        Outgoing message = lane.waiting.peek();
        byte[] payload = message.payload();
        boolean first = lane.progress < 0;
        int offset = first ? 0 : lane.progress;
        int length = Math.min(FrameCodec.CHUNK, payload.length - offset);
        boolean last = offset + length == payload.length;
        if (first) {
            lane.begun += cost(payload.length);
        }
        if (last) {
            lane.waiting.poll();
            lane.progress = -1;
        } else {
            lane.progress = offset + length;
        }
        Frame.Data data =
                new Frame.Data(++sequence, lane.number, first ? message.head() : null, last, payload, offset, length);
        unacknowledged.add(data);
        unacknowledgedBytes += length + Limits.OVERHEAD;
        return data;
    }

    /** Notes that the peer has received everything up to a sequence number. */
    public synchronized void acknowledged(long upTo) throws ProtocolException {
        if (upTo > sequence) {
            throw new ProtocolException("acknowledgement of something never sent");
        }
        while (!unacknowledged.isEmpty() && unacknowledged.peek().sequence() <= upTo) {
            Frame.Data data = unacknowledged.poll();
            unacknowledgedBytes -= data.length() + Limits.OVERHEAD;
            lanes.get(data.lane()).queued -= data.last() ? data.length() + Limits.OVERHEAD : data.length();
        }
        while (!again.isEmpty() && again.peek().sequence() <= upTo) {
            again.poll();
        }
    }

    /** Notes what the peer's handlers have taken of a lane. */
    public synchronized void consumed(int lane, long total) throws ProtocolException {
        if (lane >= lanes.size() || total > lanes.get(lane).begun) {
            throw new ProtocolException("more was taken than was sent");
        }
        lanes.get(lane).consumed = Math.max(lanes.get(lane).consumed, total);
    }

    /** Begins again behind the last acknowledgement: another connection carries the session from now on. */
    public synchronized void rewind() {
        again.clear();
        again.addAll(unacknowledged);
    }

    /** Drops everything; nothing is accepted any more. */
    public synchronized void close() {
        closed = true;
        again.clear();
        unacknowledged.clear();
        lanes.forEach(lane -> lane.waiting.clear());
    }

    /** Returns the cost of all that is not acknowledged, of all topics. */
    public synchronized long queued() {
        return lanes.stream().mapToLong(lane -> lane.queued).sum();
    }

    private Lane lane(String topic) {
        Lane lane = byTopic.get(topic);
        if (lane == null && lanes.size() < FrameCodec.MAX_LANES) {
            lane = new Lane(lanes.size(), topic.equals(Limits.URGENT));
            byTopic.put(topic, lane);
            lanes.add(lane);
        }
        return lane;
    }

    static long cost(int length) {
        return (long) length + Limits.OVERHEAD;
    }
}
