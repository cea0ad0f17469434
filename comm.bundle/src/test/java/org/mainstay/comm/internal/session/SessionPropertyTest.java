package org.mainstay.comm.internal.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.mainstay.comm.internal.wire.Frame;
import org.mainstay.comm.internal.wire.FrameCodec;
import org.mainstay.comm.internal.wire.ProtocolException;

/** Outbox and inbox over connections that lose what is in flight. */
class SessionPropertyTest {
    private static final Limits SMALL = new Limits(400_000, 100_000, 200_000, 150_000);

    private static Frame.Head head(String topic, int length) {
        return new Frame.Head(Frame.Kind.MESSAGE, 0, length, topic);
    }

    private static byte[] message(int number, int length) {
        byte[] bytes = new byte[Math.max(4, length)];
        bytes[0] = (byte) (number >> 8);
        bytes[1] = (byte) number;
        return bytes;
    }

    @Property(tries = 60)
    void everyMessageArrivesOnceInOrderPerTopicOverConnectionsThatBreak(@ForAll long seed) throws ProtocolException {
        Random random = new Random(seed);
        Outbox outbox = new Outbox(SMALL);
        Inbox inbox = new Inbox(SMALL);
        String[] topics = {"core", "admin", "command"};
        int[] sent = new int[3];
        Map<String, List<Integer>> received = new HashMap<>();
        List<Incoming> undelivered = new ArrayList<>();
        ArrayDeque<Frame.Data> connection = new ArrayDeque<>();
        for (int step = 0; step < 4000; step++) {
            switch (random.nextInt(12)) {
                case 0, 1, 2 -> {
                    int topic = random.nextInt(3);
                    byte[] message = message(sent[topic], random.nextInt(10) == 0 ? random.nextInt(120_000) : 10);
                    if (sent[topic] < 200 && outbox.offer(head(topics[topic], message.length), message, false)) {
                        sent[topic]++;
                    }
                }
                case 3, 4, 5 -> {
                    Frame.Data next = outbox.next();
                    if (next != null) {
                        connection.add(next);
                    }
                }
                case 6, 7, 8 -> {
                    Frame.Data next = connection.poll();
                    if (next != null) {
                        inbox.accept(next).ifPresent(undelivered::add);
                    }
                }
                case 9 -> deliver(inbox, undelivered, received);
                case 10 -> acknowledge(outbox, inbox);
                default -> {
                    connection.clear();
                    if (random.nextBoolean()) {
                        outbox.acknowledged(inbox.received());
                    }
                    outbox.rewind();
                }
            }
        }
        drain(outbox, inbox, connection, undelivered, received);
        for (int topic = 0; topic < 3; topic++) {
            List<Integer> numbers = received.getOrDefault(topics[topic], List.of());
            assertThat(numbers).hasSize(sent[topic]);
            for (int i = 0; i < numbers.size(); i++) {
                assertThat(numbers.get(i)).isEqualTo(i);
            }
        }
        assertThat(outbox.queued()).isZero();
    }

    private static void drain(
            Outbox outbox,
            Inbox inbox,
            ArrayDeque<Frame.Data> connection,
            List<Incoming> undelivered,
            Map<String, List<Integer>> received)
            throws ProtocolException {
        connection.clear();
        outbox.rewind();
        for (int round = 0; round < 100_000 && outbox.queued() > 0; round++) {
            Frame.Data next = outbox.next();
            if (next != null) {
                inbox.accept(next).ifPresent(undelivered::add);
            } else {
                deliver(inbox, undelivered, received);
                acknowledge(outbox, inbox);
            }
        }
        deliver(inbox, undelivered, received);
    }

    private static void deliver(Inbox inbox, List<Incoming> undelivered, Map<String, List<Integer>> received) {
        for (Incoming message : undelivered) {
            byte[] payload = message.payload();
            received.computeIfAbsent(message.head().topic(), topic -> new ArrayList<>())
                    .add((payload[0] & 0xff) << 8 | payload[1] & 0xff);
            inbox.consumed(message);
        }
        undelivered.clear();
    }

    private static void acknowledge(Outbox outbox, Inbox inbox) throws ProtocolException {
        Frame.Ack ack = inbox.acknowledgement();
        outbox.acknowledged(ack.received());
        for (Frame.Consumed lane : ack.consumed()) {
            outbox.consumed(lane.lane(), lane.total());
        }
    }

    @Test
    void urgentPiecesGoBeforeBulkEvenInsideALongMessage() {
        Outbox outbox = new Outbox(Limits.DEFAULT);
        byte[] bulk = new byte[10 * FrameCodec.CHUNK];
        assertThat(outbox.offer(head("command", bulk.length), bulk, false)).isTrue();
        assertThat(outbox.next().last()).isFalse();
        assertThat(outbox.offer(head("core", 4), new byte[4], false)).isTrue();
        assertThat(outbox.next().head().topic()).isEqualTo("core");
        assertThat(outbox.next().head()).isNull();
    }

    @Test
    void topicsTakeTurns() {
        Outbox outbox = new Outbox(Limits.DEFAULT);
        byte[] bulk = new byte[10 * FrameCodec.CHUNK];
        outbox.offer(head("command", bulk.length), bulk, false);
        outbox.offer(head("events", bulk.length), bulk, false);
        List<Integer> lanes = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            lanes.add(outbox.next().lane());
        }
        assertThat(lanes).containsExactly(1, 0, 1, 0, 1, 0);
    }

    @Test
    void aFullQueueRefusesButOneMessageOfAnySizeIsTaken() throws ProtocolException {
        Outbox outbox = new Outbox(SMALL);
        byte[] large = new byte[1_000_000];
        assertThat(outbox.offer(head("admin", large.length), large, false)).isTrue();
        assertThat(outbox.offer(head("admin", 0), new byte[0], false)).isFalse();
        assertThat(outbox.offer(head("core", 0), new byte[0], false)).isTrue();
        outbox.close();
        assertThat(outbox.offer(head("events", 0), new byte[0], false)).isFalse();
    }

    @Test
    void onlyTheWindowIsInFlight() throws ProtocolException {
        Outbox outbox = new Outbox(SMALL);
        byte[] large = new byte[1_000_000];
        outbox.offer(head("admin", large.length), large, false);
        long bytes = 0;
        Frame.Data last = null;
        for (Frame.Data next = outbox.next(); next != null; next = outbox.next()) {
            bytes += next.length();
            last = next;
        }
        assertThat(bytes).isBetween(SMALL.window(), SMALL.window() + FrameCodec.CHUNK);
        outbox.acknowledged(last.sequence());
        assertThat(outbox.next()).isNotNull();
    }

    @Test
    void liesOfThePeerAreNoticed() throws ProtocolException {
        Outbox outbox = new Outbox(SMALL);
        outbox.offer(head("core", 4), new byte[4], false);
        outbox.next();
        assertThatThrownBy(() -> outbox.acknowledged(2)).isInstanceOf(ProtocolException.class);
        assertThatThrownBy(() -> outbox.consumed(0, 1000)).isInstanceOf(ProtocolException.class);
        assertThatThrownBy(() -> outbox.consumed(9, 0)).isInstanceOf(ProtocolException.class);

        Inbox inbox = new Inbox(SMALL);
        byte[] some = new byte[100];
        assertThatThrownBy(() -> inbox.accept(new Frame.Data(2, 0, head("core", 4), true, some, 0, 4)))
                .hasMessageContaining("missing");
        assertThatThrownBy(() -> inbox.accept(new Frame.Data(1, 0, null, true, some, 0, 4)))
                .hasMessageContaining("without a head");
        assertThatThrownBy(() -> inbox.accept(new Frame.Data(1, 0, head("core", 4), true, some, 0, 5)))
                .hasMessageContaining("longer than announced");
    }

    @Test
    void aSenderThatIgnoresFlowControlIsNoticed() throws ProtocolException {
        Inbox inbox = new Inbox(SMALL);
        byte[] piece = new byte[FrameCodec.CHUNK];
        assertThatThrownBy(() -> {
                    for (int i = 1; i < 100; i++) {
                        inbox.accept(new Frame.Data(i, 0, head("core", piece.length), true, piece, 0, piece.length));
                    }
                })
                .hasMessageContaining("flow control");
    }
}
