package org.mainstay.comm.internal.enrol;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** The member's connection: lets a blocking conversation use a channel of the event loop. */
public final class ChannelJoinWire implements JoinWire {
    private static final int MOST_WAITING = 8;
    private static final byte[] END = new byte[0];

    private final Channel channel;
    private final BlockingQueue<byte[]> frames = new ArrayBlockingQueue<>(MOST_WAITING);
    private volatile int patienceMillis = 20_000;

    private ChannelJoinWire(Channel channel) {
        this.channel = channel;
    }

    /** Takes over a channel whose first bytes, the magic included, were read already; releases them. Event loop only. */
    public static ChannelJoinWire take(Channel channel, ByteBuf first) {
        ChannelJoinWire wire = new ChannelJoinWire(channel);
        first.skipBytes(MAGIC.length);
        Cutter cutter = wire.new Cutter();
        channel.pipeline().addLast(cutter);
        cutter.start(channel.pipeline().context(cutter), first);
        return wire;
    }

    private final class Cutter extends ByteToMessageDecoder {
        void start(ChannelHandlerContext context, ByteBuf first) {
            try {
                channelRead(context, first);
            } catch (Exception e) {
                exceptionCaught(context, e);
            }
        }

        @Override
        protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws IOException {
            if (in.readableBytes() < 4) {
                return;
            }
            long length = in.getUnsignedInt(in.readerIndex());
            if (length > MAX_FRAME || length == 0) {
                throw new IOException("a message longer than allowed");
            }
            if (in.readableBytes() < 4 + length) {
                return;
            }
            byte[] frame = new byte[(int) length];
            in.skipBytes(4).readBytes(frame);
            if (!frames.offer(frame)) {
                throw new IOException("more messages than turns");
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) throws Exception {
            super.channelInactive(context);
            ended();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            ended();
            context.close();
        }
    }

    private void ended() {
        while (!frames.offer(END)) {
            frames.poll();
        }
    }

    @Override
    public byte[] read() throws IOException {
        try {
            byte[] frame = frames.poll(patienceMillis, TimeUnit.MILLISECONDS);
            if (frame == null) {
                throw new IOException("the joining server does not answer");
            }
            if (frame == END) {
                ended();
                throw new IOException("the joining server closed the connection");
            }
            return frame;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Mainstay stops here", e);
        }
    }

    @Override
    public void write(byte[] frame) {
        channel.writeAndFlush(
                channel.alloc().buffer(frame.length + 4).writeInt(frame.length).writeBytes(frame));
    }

    @Override
    public void patience(int millis) {
        patienceMillis = millis;
    }

    @Override
    public void close() {
        channel.eventLoop().execute(channel::close);
    }
}
