package org.mainstay.comm.internal.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import org.mainstay.comm.internal.enrol.JoinWire;

/**
 * Looks at the first bytes of an accepted connection: TLS of a member, somebody who wants to join, or nobody we talk to.
 * Confined to the event loop.
 */
final class FrontDoor extends ChannelInboundHandlerAdapter {
    private static final int TLS_HANDSHAKE = 0x16;
    private static final int TLS_MAJOR = 0x03;

    private final Peers peers;
    private final Doorkeeper doorkeeper;
    private final JoinDoor joins;
    private ByteBuf begun;
    private boolean passed;

    /** Takes over connections that want to join. */
    interface JoinDoor {
        /** @return false if nobody is invited now */
        boolean enter(Channel channel, ByteBuf first);
    }

    FrontDoor(Peers peers, Doorkeeper doorkeeper, JoinDoor joins) {
        this.peers = peers;
        this.doorkeeper = doorkeeper;
        this.joins = joins;
    }

    /** Lets an accepted connection in, if there are not too many strangers. */
    static void open(Channel channel, Peers peers, Doorkeeper doorkeeper, JoinDoor joins) {
        InetSocketAddress source = (InetSocketAddress) channel.remoteAddress();
        if (source == null || !doorkeeper.enter(source.getAddress())) {
            channel.close();
            return;
        }
        FrontDoor door = new FrontDoor(peers, doorkeeper, joins);
        channel.pipeline().addLast(door);
        door.guard(channel, source.getAddress());
    }

    private void guard(Channel channel, InetAddress source) {
        channel.closeFuture().addListener(closed -> {
            if (!passed) {
                passed = true;
                doorkeeper.leave(source);
            }
        });
        peers.loop()
                .schedule(
                        () -> {
                            if (!passed && channel.isOpen()) {
                                doorkeeper.refused(source, "it said nothing in time");
                                channel.close();
                            }
                        },
                        peers.settings().admission().toMillis());
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf more = (ByteBuf) message;
        begun = begun == null ? context.alloc().heapBuffer(64) : begun;
        // Four bytes decide; whoever sends them one by one costs no more than these.
        begun.writeBytes(more);
        more.release();
        byte[] start = new byte[Math.min(begun.readableBytes(), JoinWire.MAGIC.length)];
        begun.getBytes(begun.readerIndex(), start);
        boolean tls = start.length >= 2 && (start[0] & 0xff) == TLS_HANDSHAKE && (start[1] & 0xff) == TLS_MAJOR;
        boolean maybeTls = start.length == 1 && (start[0] & 0xff) == TLS_HANDSHAKE;
        boolean maybeJoin = Arrays.equals(start, Arrays.copyOf(JoinWire.MAGIC, start.length));
        if (tls) {
            pass(context, () -> peers.accepted(context.channel(), release(context)));
        } else if (maybeJoin && start.length == JoinWire.MAGIC.length) {
            join(context);
        } else if (!maybeTls && !maybeJoin) {
            refuse(context, "neither TLS nor a request to join");
        }
    }

    private void join(ChannelHandlerContext context) {
        Runnable release = release(context);
        ByteBuf first = begun;
        begun = null;
        if (joins.enter(context.channel(), first)) {
            passed = true;
            context.channel().closeFuture().addListener(closed -> release.run());
            context.pipeline().remove(this);
        } else {
            refuse(context, "it wants to join, but nobody is invited or another server joins right now");
        }
    }

    private void pass(ChannelHandlerContext context, Runnable setUp) {
        passed = true;
        setUp.run();
        ByteBuf first = begun;
        begun = null;
        context.fireChannelRead(first);
        context.pipeline().remove(this);
    }

    private Runnable release(ChannelHandlerContext context) {
        InetAddress source = ((InetSocketAddress) context.channel().remoteAddress()).getAddress();
        return () -> doorkeeper.leave(source);
    }

    private void refuse(ChannelHandlerContext context, String reason) {
        doorkeeper.refused(((InetSocketAddress) context.channel().remoteAddress()).getAddress(), reason);
        context.close();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (begun != null) {
            begun.release();
            begun = null;
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }
}
