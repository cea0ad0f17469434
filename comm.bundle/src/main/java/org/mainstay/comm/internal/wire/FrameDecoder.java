package org.mainstay.comm.internal.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/** Cuts the byte stream into frames; checks a length before anything is kept for it. */
public final class FrameDecoder extends ByteToMessageDecoder {
    private int limit;
    private boolean broken;

    /** @param limit longest body accepted now, in bytes */
    public FrameDecoder(int limit) {
        this.limit = limit;
    }

    /** Changes the longest body accepted. Event loop only. */
    public void limit(int bytes) {
        limit = bytes;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws ProtocolException {
        if (broken) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (in.readableBytes() < FrameCodec.HEADER) {
            return;
        }
        int at = in.readerIndex();
        long length = in.getUnsignedInt(at + 4);
        if (length > limit) {
            throw refuse("a frame of " + length + " bytes is longer than " + limit);
        }
        if (in.getUnsignedByte(at) != FrameCodec.VERSION) {
            throw refuse("frame version " + in.getUnsignedByte(at) + " is not spoken here");
        }
        if (in.readableBytes() < FrameCodec.HEADER + length) {
            return;
        }
        int type = in.getUnsignedByte(at + 1);
        in.skipBytes(FrameCodec.HEADER);
        try {
            Frame frame = FrameCodec.decode(type, in.readSlice((int) length));
            if (frame != null) {
                out.add(frame);
            }
        } catch (ProtocolException e) {
            broken = true;
            throw e;
        }
    }

    private ProtocolException refuse(String message) {
        broken = true;
        return new ProtocolException(message);
    }
}
