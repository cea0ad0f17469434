package org.mainstay.shell.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A socket of a process that was stopped: the kernel takes connections for it, as many as wait, and nobody answers. */
public final class SilentDoor implements AutoCloseable {
    private final ServerSocketChannel server;
    private final Path path;
    private final List<SocketChannel> waiting = new ArrayList<>();

    /** @param name {@code node.sock} or {@code guard.sock} @param backlog how many connections wait for nobody */
    public SilentDoor(Path home, String name, int backlog) throws IOException {
        Path absolute = home.resolve("data/run").resolve(name).toAbsolutePath();
        Files.createDirectories(absolute.getParent());
        path = Path.of("").toAbsolutePath().relativize(absolute);
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path), backlog);
    }

    /** From now on not even a connection is taken. */
    public void full() throws IOException {
        SocketChannel next = SocketChannel.open(StandardProtocolFamily.UNIX);
        next.configureBlocking(false);
        while (connects(next)) {
            waiting.add(next);
            next = SocketChannel.open(StandardProtocolFamily.UNIX);
            next.configureBlocking(false);
        }
        next.close();
    }

    private boolean connects(SocketChannel channel) throws IOException {
        try {
            return channel.connect(UnixDomainSocketAddress.of(path));
        } catch (SocketException e) {
            return false;
        }
    }

    @Override
    public void close() {
        try {
            for (SocketChannel channel : waiting) {
                channel.close();
            }
            server.close();
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
