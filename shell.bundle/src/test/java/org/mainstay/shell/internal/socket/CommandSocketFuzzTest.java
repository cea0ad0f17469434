package org.mainstay.shell.internal.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.socket.CommandSocket.Limits;
import org.mainstay.shell.testing.SocketHome;

/** Clients that send anything at all, cut off anywhere: the socket goes on serving the next one. The seed is in the failure. */
@Timeout(120)
class CommandSocketFuzzTest {
    private static final int CLIENTS = 500;

    @TempDir
    Path folder;

    private SocketHome home;

    @BeforeEach
    void prepare() throws Exception {
        home = new SocketHome(folder);
        home.open(Limits.DEFAULT);
        home.runs((call, context) -> {
            context.out().print(call.name());
            return 7;
        });
    }

    @AfterEach
    void close() {
        home.close();
    }

    /** Random bytes, or a good frame with some bytes changed, cut short or repeated. */
    private static byte[] bytes(Random random) {
        if (random.nextInt(4) == 0) {
            byte[] noise = new byte[random.nextInt(2_000)];
            random.nextBytes(noise);
            return noise;
        }
        Frame frame = new Frame(
                Frame.RUN,
                new RunFrame(1, 100, new CommandCall("ins_list", List.of("-t", "x")), "/", Map.of("LANG", "C"))
                        .encoded());
        byte[] bytes = frame.encoded().array().clone();
        int changes = random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        int length = random.nextInt(3) == 0 ? random.nextInt(bytes.length) : bytes.length;
        return java.util.Arrays.copyOf(bytes, length);
    }

    @Test
    void anythingCanBeSent() throws Exception {
        long seed = Long.getLong("mainstay.seed", 20_260_102L);
        Random random = new Random(seed);
        List<SocketChannel> silent = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(home.path()));
            write(channel, bytes(random));
            if (random.nextInt(20) == 0 && silent.size() < 20) {
                silent.add(channel);
            } else {
                channel.close();
            }
        }
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(home.path()))) {
            Frame frame = new Frame(
                    Frame.RUN, new RunFrame(1, 100, new CommandCall("sys_list", List.of()), "/", Map.of()).encoded());
            write(channel, frame.encoded().array());
            InputStream stream = Channels.newInputStream(channel);
            assertThat(new String(Frame.read(stream).payload(), java.nio.charset.StandardCharsets.UTF_8))
                    .as("seed %d", seed)
                    .isEqualTo("sys_list");
            assertThat(Frame.read(stream).exitCode()).isEqualTo(7);
        } finally {
            for (SocketChannel channel : silent) {
                channel.close();
            }
        }
    }

    /** The other end may have closed already: that is its right. */
    private static void write(SocketChannel channel, byte[] bytes) {
        try {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("pipe");
        }
    }
}
