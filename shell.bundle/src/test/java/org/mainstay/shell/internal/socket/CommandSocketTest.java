package org.mainstay.shell.internal.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.Caller;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.socket.CommandSocket.Limits;
import org.mainstay.shell.testing.SocketHome;
import org.mainstay.shell.testing.Waits;

/** The command socket against clients that keep to PROTOCOL.md and clients that do not. */
@Timeout(60)
class CommandSocketTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    @TempDir
    Path folder;

    private SocketHome home;

    @BeforeEach
    void prepare() {
        home = new SocketHome(folder);
    }

    @AfterEach
    void close() {
        home.close();
    }

    private SocketChannel connect() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(home.path()));
    }

    private static void send(SocketChannel channel, Frame frame) throws IOException {
        ByteBuffer bytes = frame.encoded();
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static Frame run(String... words) {
        return new Frame(
                Frame.RUN, new RunFrame(1, 100, new CommandCall("ins_list", List.of(words)), "/", Map.of()).encoded());
    }

    private static List<Frame> answers(SocketChannel channel) throws IOException {
        List<Frame> frames = new ArrayList<>();
        InputStream stream = Channels.newInputStream(channel);
        while (true) {
            try {
                frames.add(Frame.read(stream));
            } catch (EOFException e) {
                return frames;
            }
        }
    }

    private static String text(List<Frame> frames, char type) {
        StringBuilder text = new StringBuilder();
        frames.stream()
                .filter(frame -> frame.type() == type)
                .forEach(frame -> text.append(new String(frame.payload(), StandardCharsets.UTF_8)));
        return text.toString();
    }

    private void assertServes() throws IOException {
        home.runs((call, context) -> {
            context.out().print("still here");
            return 7;
        });
        try (SocketChannel channel = connect()) {
            send(channel, run());
            List<Frame> frames = answers(channel);
            assertThat(text(frames, Frame.OUTPUT)).isEqualTo("still here");
            assertThat(frames.get(frames.size() - 1).exitCode()).isEqualTo(7);
        }
    }

    @Test
    void runsACommandWithItsArgumentsAndCaller() throws Exception {
        home.open(Limits.DEFAULT);
        AtomicReference<Caller> caller = new AtomicReference<>();
        home.runs((call, context) -> {
            caller.set(context.caller());
            context.out().print(String.join("|", call.arguments()));
            context.err().print(context.terminal().columns());
            return 0;
        });
        try (SocketChannel channel = connect()) {
            send(channel, run("", "two words", "grün", "a\nb"));
            List<Frame> frames = answers(channel);
            assertThat(text(frames, Frame.OUTPUT)).isEqualTo("|two words|grün|a\nb");
            assertThat(text(frames, Frame.ERROR)).isEqualTo("100");
        }
        assertThat(caller.get().role()).isEqualTo(Caller.Role.ADMINISTRATOR);
        assertThat(caller.get().from()).isEqualTo("A bin");
        assertThat(caller.get().user()).isEqualTo(System.getProperty("user.name"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.path())))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(home.path().getParent())))
                .isEqualTo("rwx------");
    }

    @Test
    void malformedFramesCloseTheConnectionAndCostNothing() throws Exception {
        home.open(Limits.DEFAULT);
        List<byte[]> bad = List.of(
                new byte[] {'R', 0x7f, -1, -1, -1},
                new byte[] {'R', -1, -1, -1, -1},
                new byte[] {'I', 0, 0, 0, 1, 'x'},
                new byte[] {0, 0, 0, 0, 0},
                new Frame(Frame.RUN, new byte[] {0, 1}).encoded().array(),
                new Frame(Frame.RUN, new byte[] {0, 1, 0, 0, 0, 0x7f, -1, -1, -1})
                        .encoded()
                        .array(),
                new Frame(Frame.RUN, new byte[] {0, 1, 0, 0, 0, 0, 0, 0, 1, -1, 0, 0, 0, 0, 0, 0, 0, 0})
                        .encoded()
                        .array());
        for (byte[] bytes : bad) {
            try (SocketChannel channel = connect()) {
                channel.write(ByteBuffer.wrap(bytes));
                assertThat(answersOrReset(channel)).isEmpty();
            }
        }
        Waits.until(SOON, () -> home.socket().connections() == 0);
        assertServes();
    }

    private static List<Frame> answersOrReset(SocketChannel channel) {
        try {
            return answers(channel);
        } catch (IOException e) {
            return List.of(); // closed with bytes of ours unread
        }
    }

    @Test
    void randomBytesCloseTheConnectionAndCostNothing() throws Exception {
        home.open(Limits.DEFAULT);
        Random random = new Random(20260102);
        for (int round = 0; round < 300; round++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            if (bytes.length > 4 && random.nextBoolean()) {
                bytes[0] = (byte) "RICOEXN".charAt(random.nextInt(7));
                bytes[1] = 0;
                bytes[2] = 0;
                bytes[3] = 0;
            }
            try (SocketChannel channel = connect()) {
                channel.write(ByteBuffer.wrap(bytes));
                channel.shutdownOutput();
                answersOrReset(channel);
            }
        }
        Waits.until(SOON, () -> home.socket().connections() == 0);
        assertServes();
    }

    @Test
    void aSecondRunFrameClosesTheConnectionAndCancelsTheCommand() throws Exception {
        home.open(Limits.DEFAULT);
        CountDownLatch cancelled = new CountDownLatch(1);
        home.runs((call, context) -> {
            context.cancellation().whenCancelled(cancelled::countDown);
            return cancelled.await(10, TimeUnit.SECONDS) ? 0 : 3;
        });
        try (SocketChannel channel = connect()) {
            send(channel, run());
            send(channel, run());
            assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(answersOrReset(channel)).noneMatch(frame -> frame.type() == Frame.OUTPUT);
        }
        assertServes();
    }

    @Test
    void moreInputThanAskedForClosesTheConnection() throws Exception {
        home.open(Limits.DEFAULT);
        CountDownLatch cancelled = new CountDownLatch(1);
        home.runs((call, context) -> {
            context.cancellation().whenCancelled(cancelled::countDown);
            return cancelled.await(10, TimeUnit.SECONDS) ? 0 : 3;
        });
        try (SocketChannel channel = connect()) {
            send(channel, run());
            send(channel, new Frame(Frame.INPUT, new byte[10]));
            assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aClientOfAnotherVersionIsTold() throws Exception {
        home.open(Limits.DEFAULT);
        try (SocketChannel channel = connect()) {
            send(channel, new Frame(Frame.RUN, new byte[] {0, 9}));
            List<Frame> frames = answers(channel);
            assertThat(text(frames, Frame.ERROR)).contains("version 9");
            assertThat(frames.get(frames.size() - 1).exitCode()).isEqualTo(1);
        }
    }

    @Test
    void anErrorInACommandIsExitCodeThree() throws Exception {
        home.open(Limits.DEFAULT);
        home.runs((call, context) -> {
            throw new NoClassDefFoundError("org/example/Replaced");
        });
        try (SocketChannel channel = connect()) {
            send(channel, run());
            List<Frame> frames = answers(channel);
            assertThat(text(frames, Frame.ERROR)).contains("ins_list: internal error", "Replaced");
            assertThat(frames.get(frames.size() - 1).exitCode()).isEqualTo(3);
        }
        assertServes();
    }

    @Test
    void aSilentClientIsDisconnected() throws Exception {
        home.open(new Limits(64, 100, 30_000));
        try (SocketChannel channel = connect()) {
            channel.write(ByteBuffer.wrap(new byte[] {'R', 0}));
            assertThat(answersOrReset(channel)).isEmpty();
        }
    }

    @Test
    void aClosedConnectionCancelsItsCommand() throws Exception {
        home.open(Limits.DEFAULT);
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        home.runs((call, context) -> {
            context.cancellation().whenCancelled(cancelled::countDown);
            running.countDown();
            return cancelled.await(10, TimeUnit.SECONDS) ? 0 : 3;
        });
        try (SocketChannel channel = connect()) {
            send(channel, run());
            assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void tooManyConnectionsAreRefusedWithAMessage() throws Exception {
        home.open(new Limits(3, 10_000, 30_000));
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch running = new CountDownLatch(3);
        home.runs((call, context) -> {
            running.countDown();
            return end.await(60, TimeUnit.SECONDS) ? 0 : 3;
        });
        List<SocketChannel> channels = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                channels.add(connect());
                send(channels.get(i), run());
            }
            assertThat(running.await(30, TimeUnit.SECONDS)).isTrue();
            try (SocketChannel channel = connect()) {
                List<Frame> frames = answers(channel);
                assertThat(text(frames, Frame.ERROR)).contains("too many commands");
                assertThat(frames.get(frames.size() - 1).exitCode()).isEqualTo(1);
            }
        } finally {
            end.countDown();
            for (SocketChannel channel : channels) {
                channel.close();
            }
        }
        Waits.until(SOON, () -> home.socket().connections() == 0);
        assertServes();
    }

    @Test
    void aClientThatDoesNotReadGivesWay() throws Exception {
        home.open(new Limits(1, 10_000, 50));
        home.runs((call, context) -> {
            byte[] much = new byte[1 << 22];
            context.out().write(much, 0, much.length);
            context.out().flush();
            return 0;
        });
        try (SocketChannel stuck = connect()) {
            send(stuck, run());
            Waits.until(SOON, () -> {
                try (SocketChannel other = connect()) {
                    send(other, run());
                    return answers(other).stream().anyMatch(frame -> frame.type() == Frame.OUTPUT);
                } catch (IOException e) {
                    return false;
                }
            });
        }
    }

    @Test
    void manyConnectionsAtOnceAreAllServed() throws Exception {
        home.open(new Limits(200, 10_000, 30_000));
        home.runs((call, context) -> {
            context.out().print(call.arguments().get(0));
            return 0;
        });
        List<SocketChannel> channels = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            SocketChannel channel = connect();
            channels.add(channel);
            send(channel, run("n" + i));
        }
        for (int i = 0; i < 150; i++) {
            assertThat(text(answers(channels.get(i)), Frame.OUTPUT)).isEqualTo("n" + i);
            channels.get(i).close();
        }
    }

    @Test
    void whatACrashLeftIsReplacedAndWhatRunsIsNot() throws Exception {
        home.open(Limits.DEFAULT);
        SocketHome second = new SocketHome(folder);
        assertThatThrownBy(() -> second.open(Limits.DEFAULT)).hasMessageContaining("runs here already");
        assertServes();
        home.close();
        assertThat(home.exists()).isFalse();
        Files.createFile(home.path());
        home.open(Limits.DEFAULT);
        assertServes();
    }
}
