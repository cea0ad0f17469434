package org.mainstay.guard.heartbeat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The socket of one local address and port, shared by all paths that begin there. Owned by the heartbeat thread. */
final class Endpoint implements Way {
    static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final InetSocketAddress local;
    final List<PathMonitor> paths = new ArrayList<>();
    private DatagramChannel channel;
    private long retryAt;
    private boolean complained;

    Endpoint(InetSocketAddress local, long now) {
        this.local = local;
        this.retryAt = now;
    }

    boolean open() {
        return channel != null;
    }

    long retryAt() {
        return retryAt;
    }

    /**
     * Tries to bind.
     *
     * @return what an operator should know: that the address is not there (once), or that it is there again; else null
     */
    String bind(Selector selector, long now) {
        retryAt = now + RETRY_NANOS;
        DatagramChannel fresh = null;
        try {
            fresh = DatagramChannel.open(
                    local.getAddress() instanceof java.net.Inet6Address
                            ? java.net.StandardProtocolFamily.INET6
                            : java.net.StandardProtocolFamily.INET);
            fresh.configureBlocking(false);
            // Room for what arrives while this process is stopped for a moment.
            fresh.setOption(StandardSocketOptions.SO_RCVBUF, 1 << 18);
            fresh.bind(local);
            fresh.register(selector, SelectionKey.OP_READ, this);
            channel = fresh;
            boolean again = complained;
            complained = false;
            return again ? "heartbeats use " + text() + " again" : null;
        } catch (IOException | UnsupportedOperationException e) {
            close(fresh);
            if (complained) {
                return null;
            }
            complained = true;
            return "no heartbeats from " + text() + " until that address is there and its port free: " + e.getMessage();
        }
    }

    @Override
    public String send(ByteBuffer packet, PathConfig path) {
        if (channel == null) {
            return null;
        }
        try {
            return channel.send(packet, path.remote()) == 0 ? "the send buffer is full" : null;
        } catch (IOException e) {
            return e.getMessage();
        }
    }

    /** Receives into the buffer, flipped. @return the sender, or null if nothing is waiting */
    InetSocketAddress receive(ByteBuffer into) {
        into.clear();
        try {
            InetSocketAddress from = channel == null ? null : (InetSocketAddress) channel.receive(into);
            into.flip();
            return from;
        } catch (IOException e) {
            // An ICMP error of an earlier packet; the next receive is clean.
            return null;
        }
    }

    void close() {
        close(channel);
        channel = null;
    }

    private static void close(DatagramChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    private String text() {
        return local.getAddress().getHostAddress() + " port " + local.getPort();
    }
}
