package org.mainstay.mirror.engine.io;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;
import jdk.net.ExtendedSocketOptions;

/** A connected socket in blocking mode. */
public final class SocketWire implements Wire {
    private final SocketChannel channel;
    private final String peer;

    /** @param channel connected; TCP gets no delay */
    public SocketWire(SocketChannel channel) throws IOException {
        this.channel = channel;
        SocketAddress remote = channel.getRemoteAddress();
        boolean tcp = remote instanceof InetSocketAddress;
        if (tcp) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            keepAlive(channel, ExtendedSocketOptions.TCP_KEEPIDLE, 30);
            keepAlive(channel, ExtendedSocketOptions.TCP_KEEPINTERVAL, 10);
            keepAlive(channel, ExtendedSocketOptions.TCP_KEEPCOUNT, 3);
        }
        this.peer = tcp ? remote.toString().replaceFirst("^/", "") : "local";
    }

    /** Whoever vanished without a word holds his place and memory for a minute, not for the two hours of the system. */
    private static void keepAlive(SocketChannel channel, SocketOption<Integer> option, int value) throws IOException {
        if (channel.supportedOptions().contains(option)) {
            channel.setOption(option, value);
        }
    }

    /** Connects to a TCP or Unix socket; waits as long as the system does. */
    public static SocketWire connect(SocketAddress address) throws IOException {
        return connect(address, channel -> {});
    }

    /** As above. @param begun gets the channel before it waits; who closes it ends the waiting */
    public static SocketWire connect(SocketAddress address, Consumer<SocketChannel> begun) throws IOException {
        SocketChannel channel = address instanceof InetSocketAddress
                ? SocketChannel.open()
                : SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            begun.accept(channel);
            channel.connect(address);
            return new SocketWire(channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return channel.read(target);
    }

    @Override
    public void write(ByteBuffer[] sources, int count) throws IOException {
        if (count == 1) {
            while (sources[0].hasRemaining()) {
                channel.write(sources[0]);
            }
            return;
        }
        int first = 0;
        while (first < count) {
            channel.write(sources, first, count - first);
            while (first < count && !sources[first].hasRemaining()) {
                first++;
            }
        }
    }

    @Override
    public String peer() {
        return peer;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
