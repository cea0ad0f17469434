package org.mainstay.core.internal.guard;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** The guard's end of the link, as a test wants it. */
final class FakeGuard implements AutoCloseable {
    final List<String> heard = new CopyOnWriteArrayList<>();
    /** Gives the lines to answer a line with. */
    volatile Function<String, List<String>> answers = line -> List.of();

    private final Path socket;
    private final ServerSocketChannel server;
    private volatile SocketChannel connection;

    FakeGuard(Path home) throws IOException {
        socket = home.resolve("data/run/guard.sock");
        Files.createDirectories(socket.getParent());
        Files.deleteIfExists(socket);
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        Thread thread = new Thread(this::serve, "fake-guard");
        thread.setDaemon(true);
        thread.start();
    }

    private void serve() {
        while (server.isOpen()) {
            try {
                connection = server.accept();
                BufferedReader reader = new BufferedReader(Channels.newReader(connection, StandardCharsets.UTF_8));
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    if (line.startsWith("manager ")) {
                        // a test that has heard the line sends news, which have to come after the welcome
                        send("welcome 1 1 abc");
                    }
                    heard.add(line);
                    for (String answer : answers.apply(line)) {
                        send(answer);
                    }
                }
            } catch (IOException e) {
                heard.add("end: " + e.getMessage());
            }
        }
    }

    void send(String line) throws IOException {
        connection.write(StandardCharsets.UTF_8.encode(line + "\n"));
    }

    /** Drops the connection and goes on listening. */
    void drop() throws IOException {
        connection.close();
    }

    @Override
    public void close() throws IOException {
        server.close();
        if (connection != null) {
            connection.close();
        }
        Files.deleteIfExists(socket);
    }
}
