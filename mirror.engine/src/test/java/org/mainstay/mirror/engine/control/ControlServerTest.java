package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The control socket, as clients use and misuse it. */
@Timeout(120)
class ControlServerTest {
    @TempDir
    private Path folder;

    private Client ask(String command) throws IOException {
        Client client = new Client(SocketChannel.open(StandardProtocolFamily.UNIX));
        try {
            client.channel.connect(UnixDomainSocketAddress.of(folder.resolve("control.sock")));
            client.channel.write(ByteBuffer.wrap((command + "\n").getBytes(StandardCharsets.UTF_8)));
            return client;
        } catch (IOException e) {
            client.close();
            throw e;
        }
    }

    private static final class Client implements AutoCloseable {
        private final SocketChannel channel;
        private final BufferedReader in;

        Client(SocketChannel channel) {
            this.channel = channel;
            this.in =
                    new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /** Says whether a client gets an answer: null, or a broken connection, is that of a server that is full. */
    private boolean answered() {
        try (Client client = ask("status")) {
            return "exit 0".equals(client.in.readLine());
        } catch (IOException e) {
            return false;
        }
    }

    /** Returns a reader of events; null: the server takes no more. */
    private Client reader() {
        try {
            Client reader = ask("events");
            if ("| ready".equals(reader.in.readLine())) {
                return reader;
            }
            reader.close();
        } catch (IOException e) {
            // The server closed the connection before it read the command.
            assertThat(e).isNotNull();
        }
        return null;
    }

    @Test
    void readersOfEventsThatAreGoneKeepNobodyOut() throws Exception {
        try (Engine engine = new Engine(folder, "A", null, null, 8L << 20, line -> {});
                ControlServer server = new ControlServer(folder.resolve("control.sock"), engine, () -> {})) {
            List<Client> readers = new ArrayList<>();
            for (Client reader = reader(); reader != null; reader = reader()) {
                readers.add(reader);
            }
            assertThat(readers).hasSizeGreaterThan(1);
            Client last = readers.remove(0);
            for (Client reader : readers) {
                reader.close();
            }
            while (!answered()) {
                Thread.onSpinWait();
            }
            assertThat(last.in.readLine()).isEqualTo("| alive");
            last.close();
        }
    }
}
