package org.mainstay.guard.control;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.mainstay.guard.util.Await;

/** A connection to a guard's socket, as Karaf or a tool would make it. */
public final class Link implements AutoCloseable {
    public final List<String> lines = new CopyOnWriteArrayList<>();
    public volatile boolean ended;
    private final SocketChannel channel;

    public Link(Path socket) throws IOException {
        channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        Thread reader = new Thread(this::read, "test-link");
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        try (BufferedReader reader = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
            }
        } catch (IOException e) {
            lines.add("connection: " + e);
        }
        ended = true;
    }

    public void send(String text) throws IOException {
        channel.write(StandardCharsets.UTF_8.encode(text + "\n"));
    }

    /** Sends and waits for the line that begins with the answer's id. */
    public String ask(String id, String request) throws Exception {
        send(id + " " + request);
        Await.until(
                request, 60_000, () -> ended || lines.stream().anyMatch(line -> line.matches(id + " (ok|failed) .*")));
        return lines.stream()
                .filter(line -> line.matches(id + " (ok|failed) .*"))
                .findFirst()
                .orElse("no answer");
    }

    /** Runs a tool's command and returns its answer. */
    public static List<String> command(Path socket, String command) throws Exception {
        try (Link link = new Link(socket)) {
            link.send(command);
            Await.until(command, 90_000, () -> link.ended);
            return List.copyOf(link.lines);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
