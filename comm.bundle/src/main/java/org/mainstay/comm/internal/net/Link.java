package org.mainstay.comm.internal.net;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.mainstay.comm.internal.wire.Frame;
import org.mainstay.comm.internal.wire.FrameDecoder;

/** A TLS connection to a member. Confined to the event loop. */
final class Link {
    final Channel channel;
    final boolean dialled;
    final FrameDecoder decoder;
    /** Whom it was dialled to reach; null where accepted. */
    final String expected;
    /** Known once the peer proved who it is. */
    String peer;

    String pin;
    /** Known from the beginning where dialled, else from the hello. */
    String path;

    int priority;
    PeerSession session;
    boolean greeted;
    /** PeerSession proposed in the last hello on it. */
    PeerSession proposed;
    /** Whether the other side answered a hello. */
    boolean answered;

    Link(Channel channel, String expected, String path, FrameDecoder decoder) {
        this.channel = channel;
        this.expected = expected;
        this.dialled = expected != null;
        this.path = path;
        this.decoder = decoder;
    }

    void send(Frame frame) {
        channel.writeAndFlush(frame, channel.voidPromise());
    }

    /** Closes without waiting for a network that may hang. */
    void close() {
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls != null) {
            tls.setCloseNotifyFlushTimeoutMillis(200);
            tls.setCloseNotifyReadTimeoutMillis(0);
        }
        channel.close();
    }

    InetAddress local() {
        return channel.localAddress() instanceof InetSocketAddress address ? address.getAddress() : null;
    }

    InetAddress remote() {
        return channel.remoteAddress() instanceof InetSocketAddress address ? address.getAddress() : null;
    }

    @Override
    public String toString() {
        return (path == null || path.isEmpty() ? "member address" : "path " + path) + " of " + peer;
    }
}
