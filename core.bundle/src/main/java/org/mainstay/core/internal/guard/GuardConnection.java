package org.mainstay.core.internal.guard;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection to the guard's socket: lines out through a queue, so that nobody waits for a guard that is slow. */
final class GuardConnection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GuardConnection.class);
    private static final int QUEUED_LINES = 4096;

    private final SocketChannel channel;
    private final BlockingQueue<String> outgoing = new LinkedBlockingQueue<>(QUEUED_LINES);
    private final Thread writer;
    private volatile boolean closed;

    /** Connects. @throws IOException if no guard listens there */
    GuardConnection(Path socket) throws IOException {
        this.channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        this.writer = new Thread(this::write, "mainstay-guard-writer");
        writer.setDaemon(true);
        writer.start();
    }

    /** Queues lines that belong together; a guard that has not read thousands of lines is given up. */
    void send(List<String> lines) {
        StringBuilder text = new StringBuilder();
        lines.forEach(line -> text.append(line).append('\n'));
        if (!closed && !outgoing.offer(text.toString())) {
            LOG.warn("the guard does not read: connection closed");
            close();
        }
    }

    /** Reads until the end of the connection and hands each line over. */
    void readAll(Consumer<List<String>> listener) throws IOException {
        BufferedReader reader = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            listener.accept(Words.parse(line));
        }
    }

    private void write() {
        try {
            while (!closed) {
                ByteBuffer bytes = StandardCharsets.UTF_8.encode(outgoing.take());
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            }
        } catch (IOException e) {
            LOG.debug("writing to the guard ended: {}", e.toString());
            close();
        } catch (InterruptedException e) {
            LOG.debug("writer stopped");
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("closing the guard's socket: {}", e.toString());
        }
        if (Thread.currentThread() != writer) {
            writer.interrupt();
        }
    }
}
