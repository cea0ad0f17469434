package org.mainstay.mirror.internal.engine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** An engine's control socket that answers as it is told. */
public final class FakeEngine implements AutoCloseable {
    /** What {@code status} says, by volume. */
    public final Map<String, String> volumes = new ConcurrentSkipListMap<>();
    /** Commands in the order they came, but {@code status}. */
    public final List<String> commands = new CopyOnWriteArrayList<>();
    /** Refusals by the first word of a command, or the whole command. */
    public final Map<String, String> refusals = new ConcurrentHashMap<>();

    /** What commands that are done answer, by their first word. */
    public final Map<String, String> answers = new ConcurrentHashMap<>();

    /** Commands, by their first word, that are never answered. */
    public final Set<String> hangs = ConcurrentHashMap.newKeySet();

    /** What who asks for events is told at once. */
    public final List<String> events = new CopyOnWriteArrayList<>();

    private final ServerSocketChannel server;

    /** Listens. */
    public FakeEngine(Path socket) throws IOException {
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        Thread thread = new Thread(this::accept, "fake-engine");
        thread.setDaemon(true);
        thread.start();
    }

    /** Sets what is told about a volume: members of the JSON object. */
    public void volume(String name, String members) {
        volumes.put(name, "{\"name\":\"" + name + "\"," + members + "}");
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel client = server.accept();
                Thread thread = new Thread(() -> serveAll(client), "fake-engine-client");
                thread.setDaemon(true);
                thread.start();
            }
        } catch (IOException e) {
            // closed
            return;
        }
    }

    private void serveAll(SocketChannel client) {
        try (client) {
            serve(client);
        } catch (IOException e) {
            // the client has what it wanted
            return;
        }
    }

    private void serve(SocketChannel client) throws IOException {
        BufferedReader in =
                new BufferedReader(new InputStreamReader(Channels.newInputStream(client), StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (line.equals("events")) {
                for (String event : events) {
                    write(client, "| " + event + "\n");
                }
                continue;
            }
            if (hangs.contains(line.split(" ")[0])) {
                commands.add(line);
                continue;
            }
            StringBuilder answer = new StringBuilder();
            String refusal = refusals.getOrDefault(line, refusals.get(line.split(" ")[0]));
            if (line.equals("status")) {
                volumes.values()
                        .forEach(json -> answer.append("| ").append(json).append('\n'));
            } else {
                commands.add(line);
                String said = answers.get(line.split(" ")[0]);
                answer.append(said == null ? "" : "| " + said + "\n");
            }
            answer.append(refusal == null ? "exit 0\n" : "| " + refusal + "\nexit 8\n");
            write(client, answer.toString());
        }
    }

    private static void write(SocketChannel client, String text) throws IOException {
        client.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
