package org.mainstay.mirror.engine.link;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** A received frame. Valid, with its payload, until the handler returns. */
public final class Frame {
    /** The most payload a frame has. */
    public static final int LARGEST_PAYLOAD = 1 << 20;

    private FrameType type;
    private long seq;
    private long offset;
    private long length;
    private ByteBuffer payload;

    /** Fills the frame. */
    public Frame set(FrameType newType, long newSeq, long newOffset, long newLength, ByteBuffer newPayload) {
        type = newType;
        seq = newSeq;
        offset = newOffset;
        length = newLength;
        payload = newPayload;
        return this;
    }

    public FrameType type() {
        return type;
    }

    /** Returns the sequence number; ascending among what a source sends. */
    public long seq() {
        return seq;
    }

    public long offset() {
        return offset;
    }

    /** Returns how many bytes of the volume are meant, or the type's own meaning. */
    public long length() {
        return length;
    }

    /** Returns the data; empty if there is none. */
    public ByteBuffer payload() {
        return payload;
    }

    /** Returns the payload as lines {@code NAME=value}. */
    public Map<String, String> text() {
        Map<String, String> values = new LinkedHashMap<>();
        for (String line :
                StandardCharsets.UTF_8.decode(payload.duplicate()).toString().split("\n", 1000)) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                values.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        return values;
    }

    /** Writes lines for {@link #text}. */
    public static ByteBuffer text(Map<String, String> values) {
        StringBuilder all = new StringBuilder();
        values.forEach((name, value) ->
                all.append(name).append('=').append(value.replace('\n', ' ')).append('\n'));
        byte[] bytes = all.toString().getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }
}
