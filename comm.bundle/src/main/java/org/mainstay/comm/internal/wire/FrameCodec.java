package org.mainstay.comm.internal.wire;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.mainstay.cluster.Messenger;

/** Writes and reads frames of version 1. Stateless. */
public final class FrameCodec {
    /** Frame version this release speaks. */
    public static final int VERSION = 1;

    /** Bytes of a header. */
    public static final int HEADER = 8;

    /** Largest body in bytes; a longer one ends the connection before anything is allocated for it. */
    public static final int MAX_BODY = 64 * 1024;

    /** Payload bytes per piece of a message: small, so that an urgent message never waits for much. */
    public static final int CHUNK = 32 * 1024;

    /** Most topics per session. */
    public static final int MAX_LANES = 64;

    /** Longest topic. */
    public static final int MAX_TOPIC = 64;

    /** Types from this on may be skipped. */
    static final int OPTIONAL = 128;

    private static final int HELLO = 1;
    private static final int WELCOME = 2;
    private static final int DATA = 3;
    private static final int ACK = 4;
    private static final int PING = 5;
    private static final int PONG = 6;
    private static final int BYE = 7;

    private static final int FIRST_FLAG = 1;
    private static final int LAST_FLAG = 2;
    private static final Gson GSON = new Gson();

    private FrameCodec() {}

    /** Appends a frame with its header. */
    public static void encode(Frame frame, ByteBuf out) {
        int begin = out.writerIndex();
        out.writeByte(VERSION).writeByte(type(frame)).writeShort(0).writeInt(0);
        if (frame instanceof Frame.Data data) {
            encodeData(data, out);
        } else if (frame instanceof Frame.Ack ack) {
            out.writeLong(ack.received()).writeShort(ack.consumed().size());
            ack.consumed().forEach(one -> out.writeShort(one.lane()).writeLong(one.total()));
        } else if (!(frame instanceof Frame.Ping) && !(frame instanceof Frame.Pong)) {
            out.writeBytes(GSON.toJson(frame).getBytes(StandardCharsets.UTF_8));
        }
        int length = out.writerIndex() - begin - HEADER;
        if (length > MAX_BODY) {
            throw new IllegalStateException("a frame of " + length + " bytes is longer than " + MAX_BODY);
        }
        out.setInt(begin + 4, length);
    }

    private static int type(Frame frame) {
        if (frame instanceof Frame.Data) {
            return DATA;
        }
        if (frame instanceof Frame.Ack) {
            return ACK;
        }
        if (frame instanceof Frame.Ping) {
            return PING;
        }
        if (frame instanceof Frame.Pong) {
            return PONG;
        }
        if (frame instanceof Frame.Hello) {
            return HELLO;
        }
        return frame instanceof Frame.Welcome ? WELCOME : BYE;
    }

    private static void encodeData(Frame.Data data, ByteBuf out) {
        int flags = (data.head() == null ? 0 : FIRST_FLAG) | (data.last() ? LAST_FLAG : 0);
        out.writeLong(data.sequence()).writeShort(data.lane()).writeByte(flags);
        if (data.head() != null) {
            Frame.Head head = data.head();
            byte[] topic = head.topic().getBytes(StandardCharsets.US_ASCII);
            out.writeByte(head.kind().ordinal())
                    .writeLong(head.correlation())
                    .writeInt(head.total())
                    .writeByte(topic.length)
                    .writeBytes(topic);
        }
        out.writeBytes(data.source(), data.offset(), data.length());
    }

    /**
     * Reads the body of a frame.
     *
     * @return null for a frame of a later release that may be skipped
     * @throws ProtocolException if it is malformed
     */
    static Frame decode(int type, ByteBuf body) throws ProtocolException {
        try {
            return switch (type) {
                case HELLO -> hello(body);
                case WELCOME -> welcome(body);
                case DATA -> data(body);
                case ACK -> ack(body);
                case PING -> empty(body, new Frame.Ping());
                case PONG -> empty(body, new Frame.Pong());
                case BYE -> bye(body);
                default -> {
                    if (type < OPTIONAL) {
                        throw new ProtocolException("unknown frame type " + type);
                    }
                    yield null;
                }
            };
        } catch (IndexOutOfBoundsException e) {
            throw new ProtocolException("frame of type " + type + " is cut off", e);
        }
    }

    private static Frame empty(ByteBuf body, Frame frame) throws ProtocolException {
        require(!body.isReadable(), "a ping has no body");
        return frame;
    }

    private static Frame data(ByteBuf body) throws ProtocolException {
        long sequence = body.readLong();
        int lane = body.readUnsignedShort();
        int flags = body.readUnsignedByte();
        require(sequence > 0, "sequence numbers begin with 1");
        require(lane < MAX_LANES, "too many topics");
        require((flags & ~(FIRST_FLAG | LAST_FLAG)) == 0, "unknown flags");
        Frame.Head head = null;
        if ((flags & FIRST_FLAG) != 0) {
            int kind = body.readUnsignedByte();
            require(kind < Frame.Kind.values().length, "unknown kind of message");
            long correlation = body.readLong();
            int total = body.readInt();
            require(total >= 0 && total <= Messenger.MAX_PAYLOAD, "a payload is longer than allowed");
            int topicLength = body.readUnsignedByte();
            require(topicLength > 0 && topicLength <= MAX_TOPIC, "a topic is longer than allowed");
            String topic = body.readCharSequence(topicLength, StandardCharsets.US_ASCII)
                    .toString();
            head = new Frame.Head(Frame.Kind.values()[kind], correlation, total, topic);
        }
        byte[] chunk = new byte[body.readableBytes()];
        body.readBytes(chunk);
        return new Frame.Data(sequence, lane, head, (flags & LAST_FLAG) != 0, chunk, 0, chunk.length);
    }

    private static Frame ack(ByteBuf body) throws ProtocolException {
        long received = body.readLong();
        int count = body.readUnsignedShort();
        require(received >= 0 && count <= MAX_LANES, "malformed acknowledgement");
        List<Frame.Consumed> consumed = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            consumed.add(new Frame.Consumed(body.readUnsignedShort(), body.readLong()));
        }
        require(!body.isReadable(), "bytes after an acknowledgement");
        return new Frame.Ack(received, consumed);
    }

    private static Frame hello(ByteBuf body) throws ProtocolException {
        Frame.Hello hello = json(body, Frame.Hello.class);
        require(
                hello.name() != null
                        && hello.path() != null
                        && hello.instance() != null
                        && hello.versions() != null
                        && hello.versions().size() == 2
                        && hello.versions().get(0) != null
                        && hello.versions().get(1) != null
                        && hello.received() >= 0,
                "incomplete hello");
        return hello;
    }

    private static Frame welcome(ByteBuf body) throws ProtocolException {
        Frame.Welcome welcome = json(body, Frame.Welcome.class);
        require(welcome.status() != null && welcome.received() >= 0, "incomplete welcome");
        return welcome.reason() != null
                ? welcome
                : new Frame.Welcome(welcome.version(), welcome.status(), "", welcome.received(), welcome.epoch());
    }

    private static Frame bye(ByteBuf body) throws ProtocolException {
        Frame.Bye bye = json(body, Frame.Bye.class);
        return bye.reason() == null ? new Frame.Bye("") : bye;
    }

    private static <T> T json(ByteBuf body, Class<T> type) throws ProtocolException {
        try {
            T value = GSON.fromJson(body.toString(StandardCharsets.UTF_8), type);
            require(value != null, "empty " + type.getSimpleName());
            return value;
        } catch (JsonParseException e) {
            throw new ProtocolException("malformed " + type.getSimpleName(), e);
        }
    }

    private static void require(boolean condition, String message) throws ProtocolException {
        if (!condition) {
            throw new ProtocolException(message);
        }
    }
}
