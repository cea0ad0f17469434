package org.mainstay.mirror.engine.link;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** The 40 bytes before every payload. */
final class FrameHeader {
    static final int BYTES = 40;
    static final int COMPRESSED = 1;
    private static final int MAGIC = 0x4d534d31;
    private static final int CRC_AT = 36;

    FrameType type;
    boolean compressed;
    long seq;
    long offset;
    long length;
    int payload;
    private int payloadCrc;

    /** Writes a header at the buffer's position. @param payload what follows; null: nothing */
    static void write(
            ByteBuffer out,
            FrameType type,
            boolean compressed,
            long seq,
            long offset,
            long length,
            ByteBuffer payload) {
        int start = out.position();
        out.putInt(MAGIC).put((byte) type.code()).put((byte) (compressed ? COMPRESSED : 0));
        // 16 TiB are 44 bits; the length of one frame has 48.
        out.putShort((short) (length >>> 32)).putLong(seq).putLong(offset).putInt((int) length);
        out.putInt(payload == null ? 0 : payload.remaining());
        out.putInt(payload == null ? 0 : crc(payload));
        out.putInt(crc(out.duplicate().limit(start + CRC_AT).position(start)));
    }

    /** Reads the header at the buffer's position. @throws IOException if it is none, or damaged */
    void read(ByteBuffer in) throws IOException {
        int start = in.position();
        if (in.getInt(start + CRC_AT)
                        != crc(in.duplicate().limit(start + CRC_AT).position(start))
                || in.getInt() != MAGIC) {
            throw new IOException("a frame is damaged, or the peer is no mirror engine");
        }
        int code = in.get();
        type = FrameType.of(code);
        compressed = (in.get() & COMPRESSED) != 0;
        long high = (in.getShort() & 0xffffL) << 32;
        seq = in.getLong();
        offset = in.getLong();
        length = high | in.getInt() & 0xffffffffL;
        payload = in.getInt();
        payloadCrc = in.getInt();
        in.position(start + BYTES);
        if (type == null) {
            throw new IOException("a frame of type " + code + ", which this version does not know");
        }
        if (payload < 0 || payload > Frame.LARGEST_PAYLOAD) {
            throw new IOException("a frame with " + payload + " bytes of data, the most is " + Frame.LARGEST_PAYLOAD);
        }
    }

    /** @throws IOException if the payload is not what was sent */
    void check(ByteBuffer data) throws IOException {
        if (payload > 0 && crc(data) != payloadCrc) {
            throw new IOException("the data of a frame is damaged");
        }
    }

    private static int crc(ByteBuffer data) {
        CRC32C crc = new CRC32C();
        crc.update(data.duplicate());
        return (int) crc.getValue();
    }
}
