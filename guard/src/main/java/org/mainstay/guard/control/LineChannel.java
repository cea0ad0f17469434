package org.mainstay.guard.control;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Lines over a socket: read by one thread, sent by any through a bounded queue, so that a peer that does not read costs the
 * sender nothing but the connection.
 */
final class LineChannel implements AutoCloseable {
    private static final int LONGEST_LINE = 1 << 20;
    private static final int QUEUED = 4096;
    private static final int MOST_UNREAD = 256;
    private static final String END = new String("end");

    private final SocketChannel channel;
    private final BlockingQueue<String> outgoing = new LinkedBlockingQueue<>(QUEUED);
    private final Thread writer;
    private final ByteBuffer buffer = ByteBuffer.allocate(8192).limit(0);
    private volatile boolean closed;

    LineChannel(SocketChannel channel) {
        this.channel = channel;
        this.writer = new Thread(this::write, "guard-writer");
        writer.setDaemon(true);
        writer.start();
    }

    /** Queues a line without its end. */
    void send(String line) {
        if (!closed && !outgoing.offer(line)) {
            close();
        }
    }

    /** Returns the next line; null at the end of the connection. @throws IOException if a line is longer than allowed */
    String readLine() throws IOException {
        byte[] line = new byte[256];
        int length = 0;
        while (true) {
            if (!buffer.hasRemaining()) {
                buffer.clear();
                int read = channel.read(buffer);
                buffer.flip();
                if (read < 0) {
                    return null;
                }
            }
            while (buffer.hasRemaining()) {
                byte next = buffer.get();
                if (next == '\n') {
                    return new String(line, 0, length, StandardCharsets.UTF_8);
                }
                if (length == LONGEST_LINE) {
                    throw new IOException("a line is longer than " + LONGEST_LINE + " bytes");
                }
                if (length == line.length) {
                    line = java.util.Arrays.copyOf(line, length * 2);
                }
                line[length++] = next;
            }
        }
    }

    /** Sends what is queued, two seconds at the most, then closes. */
    void finish() throws IOException, InterruptedException {
        send(END);
        writer.join(TimeUnit.SECONDS.toMillis(2));
        // Closing with unread input resets the connection, and the other side might lose the answer.
        if (!closed) {
            channel.shutdownOutput();
            channel.configureBlocking(false);
            for (int i = 0; i < MOST_UNREAD && channel.read(buffer.clear()) > 0; i++) {
                buffer.flip();
            }
        }
        close();
    }

    @SuppressWarnings("ReferenceEquality") // END is a mark, no text can be it
    private void write() {
        try {
            while (!closed) {
                String line = outgoing.take();
                if (line == END) {
                    return;
                }
                ByteBuffer bytes = StandardCharsets.UTF_8.encode(line + "\n");
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            }
        } catch (IOException | InterruptedException e) {
            // The other side has gone or this one is closing; the reader sees the end of the connection too.
            close();
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            channel.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } finally {
            if (Thread.currentThread() != writer) {
                writer.interrupt();
            }
        }
    }
}
