package org.mainstay.comm.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.mainstay.cluster.Messenger;

/** Frames of version 1, as recorded in {@code frames/v1}: later releases must read and write them alike. */
class FrameCodecTest {
    private static final byte[] PAYLOAD = "payload".getBytes(StandardCharsets.US_ASCII);

    private static Map<String, Frame> recorded() {
        Map<String, Frame> frames = new LinkedHashMap<>();
        frames.put("hello", new Frame.Hello(List.of(1, 1), "A", "p1", "1f2e3d", 7, true, 42, 3));
        frames.put("hello-bootstrap", new Frame.Hello(List.of(1, 1), "node-1.example", "", "0", 1, false, 0, 1));
        frames.put("welcome-ok", new Frame.Welcome(1, Frame.Welcome.Status.OK, "", 41, 3));
        frames.put("welcome-gone", new Frame.Welcome(1, Frame.Welcome.Status.GONE, "", 0, 3));
        frames.put(
                "welcome-refused", new Frame.Welcome(1, Frame.Welcome.Status.REFUSED, "no such comm path here", 0, 3));
        frames.put(
                "data-message",
                new Frame.Data(1, 0, new Frame.Head(Frame.Kind.MESSAGE, 0, 7, "core"), true, PAYLOAD, 0, 7));
        frames.put(
                "data-request-begin",
                new Frame.Data(2, 1, new Frame.Head(Frame.Kind.REQUEST, 9, 100_000, "admin"), false, PAYLOAD, 0, 4));
        frames.put("data-continued", new Frame.Data(3, 1, null, true, PAYLOAD, 4, 3));
        frames.put(
                "data-answer",
                new Frame.Data(4, 1, new Frame.Head(Frame.Kind.ANSWER, 9, 0, "admin"), true, PAYLOAD, 0, 0));
        frames.put(
                "data-failure",
                new Frame.Data(5, 1, new Frame.Head(Frame.Kind.FAILURE, 9, 7, "admin"), true, PAYLOAD, 0, 7));
        frames.put("ack", new Frame.Ack(5, List.of(new Frame.Consumed(0, 71), new Frame.Consumed(1, 300))));
        frames.put("ping", new Frame.Ping());
        frames.put("pong", new Frame.Pong());
        frames.put("bye", new Frame.Bye("Mainstay stops at A"));
        return frames;
    }

    private static byte[] encode(Frame frame) {
        ByteBuf out = Unpooled.buffer();
        FrameCodec.encode(frame, out);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }

    private static List<Frame> decode(byte[]... pieces) {
        EmbeddedChannel channel = new EmbeddedChannel(new FrameDecoder(FrameCodec.MAX_BODY));
        List<Frame> frames = new ArrayList<>();
        for (byte[] piece : pieces) {
            channel.writeInbound(Unpooled.copiedBuffer(piece));
            for (Frame frame = channel.readInbound(); frame != null; frame = channel.readInbound()) {
                frames.add(frame);
            }
        }
        return frames;
    }

    private static byte[] fixture(String name) throws IOException {
        String path = "/frames/v1/" + name + ".hex";
        try (InputStream in = FrameCodecTest.class.getResourceAsStream(path)) {
            assertThat(in).as("recorded frame %s", path).isNotNull();
            String text = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
            return HexFormat.of().parseHex(text.replaceAll("\\s", ""));
        }
    }

    @TestFactory
    List<DynamicTest> recordedFramesAreReadAndWrittenAlike() {
        List<DynamicTest> tests = new ArrayList<>();
        recorded()
                .forEach((name, frame) -> tests.add(DynamicTest.dynamicTest(name, () -> {
                    byte[] bytes = fixture(name);
                    assertThat(HexFormat.of().formatHex(encode(frame)))
                            .isEqualTo(HexFormat.of().formatHex(bytes));
                    List<Frame> read = decode(bytes);
                    assertThat(read).hasSize(1);
                    assertThat(encode(read.get(0))).as("read back").isEqualTo(bytes);
                })));
        return tests;
    }

    @Test
    void fieldsAndFramesOfALaterReleaseAreSkipped() {
        byte[] body =
                ("{\"versions\":[1,2],\"name\":\"A\",\"path\":\"\",\"instance\":\"1\",\"session\":1,\"resume\":false,"
                                + "\"received\":0,\"epoch\":1,\"compression\":[\"zstd\"],\"more\":{\"x\":1}}")
                        .getBytes(StandardCharsets.UTF_8);
        ByteBuf stream = Unpooled.buffer();
        stream.writeByte(1).writeByte(200).writeShort(0).writeInt(5).writeZero(5);
        stream.writeByte(1).writeByte(1).writeShort(0).writeInt(body.length).writeBytes(body);
        byte[] bytes = new byte[stream.readableBytes()];
        stream.readBytes(bytes);
        assertThat(decode(bytes)).containsExactly(new Frame.Hello(List.of(1, 2), "A", "", "1", 1, false, 0, 1));
    }

    @Test
    void aPayloadLongerThanAllowedIsRefusedByItsHead() {
        Frame tooLong = new Frame.Data(
                1, 0, new Frame.Head(Frame.Kind.MESSAGE, 0, Messenger.MAX_PAYLOAD + 1, "core"), false, PAYLOAD, 0, 7);
        assertThatThrownBy(() -> decode(encode(tooLong)))
                .isInstanceOf(DecoderException.class)
                .hasCauseInstanceOf(ProtocolException.class);
    }

    @Test
    void aLengthIsRefusedBeforeItsBodyComes() {
        EmbeddedChannel channel = new EmbeddedChannel(new FrameDecoder(100));
        ByteBuf header =
                Unpooled.buffer().writeByte(1).writeByte(3).writeShort(0).writeInt(101);
        assertThatThrownBy(() -> channel.writeInbound(header)).hasMessageContaining("longer than 100");
        channel.writeInbound(Unpooled.wrappedBuffer(new byte[5000])); // dropped, not kept
        assertThat((Object) channel.readInbound()).isNull();
    }

    @Property(tries = 300)
    void framesCutAnywhereArriveWhole(@ForAll @IntRange(min = 1, max = 200) int cut) {
        ByteBuf all = Unpooled.buffer();
        recorded().values().forEach(frame -> FrameCodec.encode(frame, all));
        List<byte[]> pieces = new ArrayList<>();
        while (all.isReadable()) {
            byte[] piece = new byte[Math.min(cut, all.readableBytes())];
            all.readBytes(piece);
            pieces.add(piece);
        }
        assertThat(decode(pieces.toArray(byte[][]::new))).hasSize(recorded().size());
    }

    /** Whatever comes: frames or a refusal, no other failure. */
    @Property(tries = 2000)
    void noiseIsRefusedOrRead(@ForAll @IntRange(max = 140) int type, @ForAll @Size(max = 300) byte[] body) {
        ByteBuf frame = Unpooled.buffer()
                .writeByte(1)
                .writeByte(type)
                .writeShort(0)
                .writeInt(body.length)
                .writeBytes(body);
        byte[] bytes = new byte[frame.readableBytes()];
        frame.readBytes(bytes);
        try {
            assertThat(decode(bytes)).hasSizeLessThan(2);
        } catch (DecoderException e) {
            assertThat(e).hasCauseInstanceOf(ProtocolException.class);
        }
    }

    /** One changed byte of a good frame. */
    @Property(tries = 2000)
    void changedFramesAreRefusedOrRead(
            @ForAll @IntRange(max = 13) int which, @ForAll @IntRange(max = 300) int at, @ForAll byte value) {
        byte[] bytes = encode(List.copyOf(recorded().values()).get(which));
        bytes[at % bytes.length] = value;
        try {
            assertThat(decode(bytes)).hasSizeLessThan(2);
        } catch (DecoderException e) {
            assertThat(e).hasCauseInstanceOf(ProtocolException.class);
        }
    }
}
