package org.mainstay.shell.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;

/** A guard.sock that answers as told (guard/PROTOCOL.md). */
public final class FakeGuard implements AutoCloseable {
    private final ServerSocketChannel server;
    private final Path path;
    private final UnaryOperator<String> answers;
    private final List<String> asked = new CopyOnWriteArrayList<>();

    /** @param answers the lines for a command */
    public FakeGuard(Path home, UnaryOperator<String> answers) throws IOException {
        this.answers = answers;
        this.path = home.resolve("data/run/guard.sock");
        Files.createDirectories(path.getParent());
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path));
        Thread thread = new Thread(this::serve, "fake-guard");
        thread.setDaemon(true);
        thread.start();
    }

    public List<String> asked() {
        return asked;
    }

    private void serve() {
        while (server.isOpen()) {
            try {
                SocketChannel channel = server.accept();
                Thread thread = new Thread(() -> answer(channel), "fake-guard-connection");
                thread.setDaemon(true);
                thread.start();
            } catch (java.nio.channels.ClosedChannelException e) {
                return;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void answer(SocketChannel connection) {
        try (SocketChannel channel = connection) {
            StringBuilder line = new StringBuilder();
            java.io.InputStream stream = Channels.newInputStream(channel);
            for (int c = stream.read(); c >= 0 && c != '\n'; c = stream.read()) {
                line.append((char) c);
            }
            if (line.length() > 0) {
                asked.add(line.toString());
                channel.write(ByteBuffer.wrap(answers.apply(line.toString()).getBytes(StandardCharsets.UTF_8)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
