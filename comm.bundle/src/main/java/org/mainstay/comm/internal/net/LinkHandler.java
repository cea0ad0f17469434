package org.mainstay.comm.internal.net;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.timeout.IdleState;
import io.netty.handler.timeout.IdleStateEvent;
import org.mainstay.comm.internal.wire.Frame;
import org.mainstay.comm.internal.wire.ProtocolException;

/** Turns what happens on a connection into calls of {@link Peers}. */
final class LinkHandler extends ChannelInboundHandlerAdapter {
    private final Link link;
    private final Peers peers;

    LinkHandler(Link link, Peers peers) {
        this.link = link;
        this.peers = peers;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof SslHandshakeCompletionEvent handshake) {
            if (handshake.isSuccess()) {
                peers.encrypted(link);
            } else {
                peers.failed(link, handshake.cause());
            }
        } else if (event instanceof IdleStateEvent idle) {
            if (idle.state() == IdleState.READER_IDLE) {
                peers.failed(link, new ProtocolException("nothing was heard for too long"));
            } else if (link.greeted) {
                link.send(new Frame.Ping());
            }
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        try {
            peers.frame(link, (Frame) message);
        } catch (ProtocolException e) {
            peers.failed(link, e);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        peers.readComplete(link);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        peers.writable(link);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        peers.closed(link);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        peers.failed(link, cause);
    }
}
