package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mainstay.mirror.engine.link.Frame;
import org.mainstay.mirror.engine.link.FrameType;
import org.mainstay.mirror.engine.link.Link;
import org.mainstay.mirror.engine.link.LinkHandler;

/** A source whose frames are well-formed and do not tell the truth: the target's data and what it knows of it stay what they are. */
class LyingSourceTest {
    private static final int SIZE = 8 * IntentLog.BLOCK;

    private final SimPair pair = new SimPair(new SimWorld(11), SIZE, MirrorType.SYNC);
    private final SimWorld world = pair.world;
    private final SimNode a = pair.a;
    private final SimNode b = pair.b;
    private final SimClient client = pair.client;
    private final List<Frame> answers = new ArrayList<>();
    private final List<String> reasons = new ArrayList<>();
    private SimLink link;
    private boolean closed;
    private long seq;

    /** B is target of A, in step, then the network between them is somebody else's. */
    @BeforeEach
    void start() throws Exception {
        pair.start();
        world.run(500);
        client.write(a.volume, 3, true);
        world.run(500);
        assertThat(b.volume.target().inStep()).isTrue();
        a.volume.stop(1000, behind -> {});
        world.run(1000);
    }

    /** What an honest source in A's place says of itself. */
    private Map<String, String> hello() {
        VolumeState state = a.volume.state();
        Map<String, String> hello = new TreeMap<>();
        hello.put("protocol", Integer.toString(SourceSession.PROTOCOL));
        hello.put("volume", "v");
        hello.put("size", Long.toString(SIZE));
        hello.put("source", "A");
        hello.put("target", "B");
        hello.put("epoch", "1");
        hello.put("generations", state.generations().text());
        hello.put("base", Long.toHexString(state.peer("B").generation()));
        hello.put("log", "true");
        hello.put("type", "SYNC");
        hello.put("window", "400");
        hello.put("ping", "60");
        hello.put("silence", "240");
        return hello;
    }

    private void connect(Map<String, String> hello) {
        answers.clear();
        reasons.clear();
        world.trace.setLength(0);
        closed = false;
        seq = 100;
        link = SimLink.pair(world, a, b);
        link.handler = new LinkHandler() {
            @Override
            public void received(Link from, Frame frame) {
                answers.add(frame);
                if (frame.type() == FrameType.PING) {
                    link.send(FrameType.ALIVE, 0, frame.offset(), 0);
                }
                if (frame.type() == FrameType.REFUSE) {
                    reasons.add(frame.text().get("reason"));
                }
            }

            @Override
            public void received(Link from) {}

            @Override
            public void closed(Link from, String why) {
                closed = true;
            }
        };
        b.accept(link.far());
        send(FrameType.HELLO, 0, 0, 0, Frame.text(hello));
    }

    private void send(FrameType type, long number, long offset, long length, ByteBuffer payload) {
        link.send(type, number, offset, length, payload, null);
        world.run(20);
    }

    private void next(FrameType type, long offset, long length, ByteBuffer payload) {
        send(type, ++seq, offset, length, payload);
    }

    private void begin(boolean full) {
        next(FrameType.BEGIN, 0, 0, Frame.text(Map.of("full", Boolean.toString(full))));
    }

    private void end(String generations) {
        next(FrameType.END, 0, 0, Frame.text(Map.of("generations", generations)));
    }

    private static ByteBuffer data(int length) {
        ByteBuffer data = ByteBuffer.allocate(length);
        while (data.remaining() >= Long.BYTES) {
            data.putLong(0x1111_1111_1111_1111L);
        }
        return data.clear();
    }

    /** An honest one, up to and with END. */
    private void inStep() {
        connect(hello());
        assertThat(answers).extracting(Frame::type).contains(FrameType.WELCOME, FrameType.READY);
        begin(false);
        end(hello().get("generations"));
        assertThat(b.volume.target().inStep()).isTrue();
    }

    private void refused(String why) {
        world.run(50);
        // The word to the source may be overtaken by the end of the connection.
        assertThat(world.trace + String.join(" ", reasons)).as("the reason").contains(why);
        world.run(2000);
        assertThat(closed).as("the connection has ended").isTrue();
        assertThat(b.volume.target().inStep()).isFalse();
        assertThatThrownBy(() -> b.volume.startSource(2, Trust.OWN))
                .as("who got a lie is not current")
                .isInstanceOf(RefusedException.class);
    }

    /** Sends something, and the target's data and state are as before. */
    private void nothingChanges(Runnable lie) {
        byte[] image = b.disk.seen.clone();
        VolumeState state = b.volume.state();
        lie.run();
        assertThat(b.disk.seen).isEqualTo(image);
        assertThat(b.volume.state()).isEqualTo(state);
    }

    @Test
    void anHonestSourceIsBelieved() {
        inStep();
        next(FrameType.WRITE, 0, 4096, data(4096));
        assertThat(b.disk.seen[17]).isEqualTo((byte) 0x11);
        Generations next = a.volume.state().generations().next(77);
        next(FrameType.GENERATION, 0, 0, Frame.text(Map.of("generations", next.text())));
        assertThat(b.volume.state().generations()).isEqualTo(next);
        next(FrameType.FLUSH, 0, 0, null);
        next(FrameType.HANDOVER, 0, 0, Frame.text(Map.of()));
        next(FrameType.FLUSH, 0, 0, null);
        assertThat(reasons).isEmpty();
        assertThat(b.volume.target().inStep()).isTrue();
        assertThat(answers.stream().filter(answer -> answer.type() == FrameType.DONE))
                .hasSize(6)
                .allSatisfy(answer -> assertThat(answer.length()).isZero());
    }

    @Test
    void anotherServersNameIsRefused() {
        Map<String, String> other = hello();
        other.put("source", "C");
        nothingChanges(() -> connect(other));
        refused("this side takes data of A only");
    }

    @Test
    void anotherServersCertificateIsRefused() {
        a.proven = "C";
        nothingChanges(() -> connect(hello()));
        refused("the certificate is that of C, not that of A");
        a.proven = "A";
        inStep();
    }

    /** The name in the introduction is the one that a target looks for; who is there says the certificate. */
    @Test
    void aSourceTellsNothingToAnotherServerThanItsTarget() throws Exception {
        b.proven = "C";
        a.volume.startSource(2, Trust.OWN);
        world.run(1000);
        assertThat(a.volume.mirror("B").detail()).isEqualTo("at B is C, not B");
        assertThat(a.volume.mirror("B").state()).isEqualTo(MirrorState.PAUSED);
        b.proven = "B";
        b.volume.startTarget(2, "A", false);
        world.run(1000);
        assertThat(a.volume.mirror("B").state()).isEqualTo(MirrorState.MIRRORING);
    }

    @Test
    void anEpochThatIsOverIsRefused() {
        Map<String, String> old = hello();
        old.put("epoch", "0");
        nothingChanges(() -> connect(old));
        refused("epoch 0 is over");
    }

    @Test
    void aTargetOfNobodyTakesNothing() {
        b.volume.stop(0, behind -> {});
        world.run(100);
        nothingChanges(() -> connect(hello()));
        refused("no role");
    }

    @Test
    void generationsThatAreNotReadableAreRefused() {
        for (String text : List.of("", "xyz", "1,2,,", "0", "1,".repeat(40) + "1")) {
            Map<String, String> wrong = hello();
            wrong.put("generations", text);
            nothingChanges(() -> connect(wrong));
            assertThat(answers).extracting(Frame::type).doesNotContain(FrameType.WELCOME);
            world.run(100);
            assertThat(closed).isTrue();
        }
    }

    @Test
    void aSourceThatIsOlderMayNotOverwrite() throws Exception {
        Map<String, String> old = hello();
        b.volume.startSource(2, Trust.RECORDED);
        b.volume.stop(1000, behind -> {});
        world.run(2000);
        b.volume.startTarget(3, "A", false);
        old.put("epoch", "3");
        nothingChanges(() -> {
            connect(old);
            begin(true);
            next(FrameType.BLOCK, 0, 4096, data(4096));
        });
        refused("the data here is newer");
    }

    @Test
    void aSourceOfOtherDataMayNotOverwrite() {
        Map<String, String> other = hello();
        other.put("generations", "abcdef");
        other.put("base", "0");
        nothingChanges(() -> {
            connect(other);
            begin(true);
            next(FrameType.BLOCK, 0, 4096, data(4096));
        });
        refused("the data here is another");
    }

    /** Servers are upgraded one after the other: the source has gone on alone, and does not say since when it knows what changed. */
    @Test
    void aSourceOfTheReleaseBeforeIsBelievedWhereItsDataGoesOnFromHere() {
        Map<String, String> before = hello();
        before.keySet().removeAll(List.of("base", "log"));
        before.put("generations", a.volume.state().generations().next(77).text());
        connect(before);
        begin(false);
        end(before.get("generations"));
        assertThat(b.volume.target().inStep()).isTrue();
        before.put("generations", "abcdef");
        nothingChanges(() -> {
            connect(before);
            begin(false);
        });
        refused("the data here is another");
    }

    /** Both wrote alone, and an operator lets this side discard: it knows itself since when. */
    @Test
    void aSourceOfTheReleaseBeforeOverwritesWhatIsDiscarded() throws Exception {
        Map<String, String> before = hello();
        before.keySet().removeAll(List.of("base", "log"));
        before.put("generations", a.volume.state().generations().next(77).text());
        before.put("epoch", "3");
        b.volume.startSource(2, Trust.FORCED);
        client.write(b.volume, 40, true);
        world.run(1000);
        b.volume.stop(1000, behind -> {});
        world.run(2000);
        assertThat(b.volume.state().generations()).isNotEqualTo(a.volume.state().generations());
        b.volume.startTarget(3, "A", true);
        connect(before);
        begin(false);
        end(before.get("generations"));
        assertThat(reasons).isEmpty();
        assertThat(b.volume.target().inStep()).isTrue();
    }

    /** A history that is full may have forgotten the one before, not all that came before that. */
    @Test
    void aFullHistoryDoesNotMakeAnythingFollow() {
        StringBuilder made = new StringBuilder("abcdef");
        for (int i = 0; i < 32; i++) {
            made.append(',').append(Integer.toHexString(0xbeef00 + i));
        }
        connect(hello());
        begin(false);
        nothingChanges(() -> end(made.toString()));
        refused("do not go on from those before");
    }

    @Test
    void markedBlocksAreNotEnoughWhereAllMayDiffer() {
        Map<String, String> lost = hello();
        lost.put("log", "false");
        nothingChanges(() -> {
            connect(lost);
            begin(false);
        });
        refused("although all may differ");
    }

    @Test
    void nothingIsTakenBeforeTheResynchronisationBegins() {
        for (FrameType type : List.of(
                FrameType.WRITE,
                FrameType.BLOCK,
                FrameType.ZERO,
                FrameType.TRIM,
                FrameType.SUMS,
                FrameType.END,
                FrameType.FLUSH,
                FrameType.GENERATION,
                FrameType.HANDOVER,
                FrameType.MARK)) {
            nothingChanges(() -> {
                connect(hello());
                next(type, 0, 4096, type == FrameType.END ? Frame.text(hello()) : data(4096));
            });
            refused(type + " before BEGIN");
        }
    }

    @Test
    void aChangeBeforeTheEndOfTheResynchronisationIsRefused() {
        connect(hello());
        begin(false);
        nothingChanges(() -> next(FrameType.WRITE, 0, 4096, data(4096)));
        refused("WRITE after BEGIN, before END");
        assertThat(b.volume.state().consistent())
                .as("what was begun has not ended")
                .isFalse();
    }

    @Test
    void generationsAtTheEndGoOnFromTheIntroduction() {
        connect(hello());
        begin(false);
        nothingChanges(() -> end("abcdef"));
        refused("do not go on from those before");
        assertThat(b.volume.state().consistent()).isFalse();
    }

    @Test
    void aNewGenerationGoesOnFromTheLast() {
        inStep();
        nothingChanges(() ->
                next(FrameType.GENERATION, 0, 0, Frame.text(Map.of("generations", "abcdef," + "1".repeat(9)))));
        refused("do not go on from those before");
    }

    @Test
    void aSkippedNumberEndsTheSession() {
        inStep();
        next(FrameType.WRITE, 0, 4096, data(4096));
        seq++;
        nothingChanges(() -> next(FrameType.WRITE, 65536, 4096, data(4096)));
        refused("what is between is missing");
    }

    @Test
    void aRepeatedNumberEndsTheSession() {
        inStep();
        next(FrameType.WRITE, 0, 4096, data(4096));
        nothingChanges(() -> send(FrameType.WRITE, seq, 65536, 4096, data(4096)));
        refused("it was sent before");
    }

    @Test
    void whatIsSentAfterALieDoesNotCount() {
        inStep();
        seq++;
        nothingChanges(() -> {
            link.send(FrameType.WRITE, ++seq, 65536, 4096, data(4096), null);
            link.send(FrameType.WRITE, ++seq, 131072, 4096, data(4096), null);
            link.send(FrameType.GENERATION, ++seq, 0, 0, Frame.text(Map.of("generations", "1")), null);
            answers.clear();
            link.send(FrameType.FLUSH, ++seq, 0, 0, null, null);
            world.run(20);
        });
        assertThat(answers).extracting(Frame::type).doesNotContain(FrameType.DONE, FrameType.ACK);
        refused("what is between is missing");
    }

    @Test
    void aSecondResynchronisationInOneSessionIsRefused() {
        for (FrameType type : List.of(FrameType.BEGIN, FrameType.END, FrameType.SUMS)) {
            inStep();
            nothingChanges(() -> next(type, 0, 0, Frame.text(hello())));
            refused(type + " after END");
        }
    }

    @Test
    void nothingChangesAfterTheHandover() {
        inStep();
        next(FrameType.HANDOVER, 0, 0, Frame.text(Map.of()));
        nothingChanges(() -> next(FrameType.WRITE, 0, 4096, data(4096)));
        refused("WRITE after HANDOVER");
    }

    @Test
    void aRangeOutsideTheVolumeIsRefused() {
        long[][] ranges = {{SIZE, 4096}, {-4096, 4096}, {SIZE - 2048, 4096}, {0, (1L << 48) - 1}, {Long.MAX_VALUE, 512}
        };
        for (long[] range : ranges) {
            inStep();
            nothingChanges(() -> next(FrameType.ZERO, range[0], range[1], null));
            refused("beyond the volume's");
        }
    }

    @Test
    void dataOfAnotherLengthThanSaidIsRefused() {
        inStep();
        nothingChanges(() -> next(FrameType.WRITE, 0, 8192, data(4096)));
        refused("with 4096 bytes of data");
    }

    @Test
    void digestsOfAnotherNumberThanBlocksAreRefused() {
        connect(hello());
        begin(false);
        nothingChanges(() -> next(FrameType.SUMS, 0, IntentLog.BLOCK * 3, data(16)));
        refused("with 16 bytes of data");
    }

    /** Who could say that would make this side count as current for ever. */
    @Test
    void anAnswerToAPingThatWasNotSentIsRefused() {
        inStep();
        nothingChanges(() -> send(FrameType.PONG, 0, world.now() + 3_600_000_000_000L, 0, null));
        refused("PONG answers a ping that was not sent");
    }

    @Test
    void aTargetIsNotCalledCurrentBeforeTheEnd() {
        connect(hello());
        begin(false);
        nothingChanges(() -> send(FrameType.PONG, 0, 1, 0, null));
        refused("PONG before END");
    }

    @Test
    void framesOfTargetsAreRefused() {
        for (FrameType type :
                List.of(FrameType.WELCOME, FrameType.ACK, FrameType.DONE, FrameType.PING, FrameType.HELLO)) {
            inStep();
            nothingChanges(() -> next(type, 0, 0, Frame.text(hello())));
            refused(type + " after END");
        }
    }

    /** It comes again each second, perhaps for days. */
    @Test
    void whatIsWrongEachTimeIsSaidOnce() {
        Map<String, String> lost = hello();
        lost.put("log", "false");
        List<String> said = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            connect(lost);
            begin(false);
            world.run(2000);
            assertThat(closed).isTrue();
            said.add(world.trace.toString());
        }
        assertThat(said.get(0)).contains("B: ERROR target v ends the connection");
        assertThat(said.subList(1, 3)).allSatisfy(log -> assertThat(log).doesNotContain("B: "));
        connect(lost);
        send(FrameType.WRITE, 1, 0, 4096, data(4096));
        refused("WRITE before BEGIN");
    }
}
