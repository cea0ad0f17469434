package org.mainstay.mirror.engine.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class NbdServerTest {
    /** Limits that only something that hangs reaches. */
    private static final NbdLimits LIMITS = limits(Duration.ofSeconds(20), Duration.ofSeconds(20));

    private static final byte[] NOTHING = {};

    @TempDir
    Path folder;

    private FileServer server;

    @BeforeEach
    void start() throws IOException {
        server = new FileServer(folder, LIMITS, false);
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    private static NbdLimits limits(Duration handshake, Duration stalledWrite) {
        return new NbdLimits(8, 4, handshake, stalledWrite, 16, true);
    }

    private void serve(NbdLimits limits) throws IOException {
        server.close();
        server = new FileServer(folder, limits, false);
    }

    private RawClient client() throws IOException {
        return new RawClient(server.address()).hello();
    }

    private static byte[] bytes(int length, long seed) {
        byte[] data = new byte[length];
        new Random(seed).nextBytes(data);
        return data;
    }

    @Test
    void whatIsWrittenIsReadOnAnyConnection() throws IOException {
        try (RawClient one = client().go("v");
                RawClient other = client().go("v")) {
            assertThat(one.size()).isEqualTo(FileServer.SIZE);
            assertThat(one.flags() & Nbd.CAN_MULTI_CONN).isNotZero();
            for (int length : new int[] {1, 511, 4096, 65536, 65537, 262_144, 3 << 20}) {
                byte[] data = bytes(length, length);
                assertThat(one.writeAt(12_345, data).error()).isZero();
                assertThat(other.readAt(12_345, length)).isEqualTo(data);
            }
            assertThat(one.flush()).isZero();
            assertThat(one.call(Nbd.CMD_FLAG_FUA, Nbd.CMD_WRITE, 0, 3, bytes(3, 1))
                            .error())
                    .isZero();
        }
    }

    @Test
    void zeroedRangesReadAsZerosAndNeighboursStay() throws IOException {
        try (RawClient client = client().go("v")) {
            byte[] data = bytes(1 << 20, 5);
            client.writeAt(0, data);
            for (int flags : new int[] {0, Nbd.CMD_FLAG_NO_HOLE, Nbd.CMD_FLAG_FUA}) {
                client.writeAt(0, data);
                assertThat(client.call(flags, Nbd.CMD_WRITE_ZEROES, 4097, 500_000, NOTHING)
                                .error())
                        .isZero();
                Arrays.fill(data, 4097, 504_097, (byte) 0);
                assertThat(client.readAt(0, 1 << 20)).isEqualTo(data);
                data = bytes(1 << 20, 5);
            }
            assertThat(client.call(0, Nbd.CMD_TRIM, 65536, 65536, NOTHING).error())
                    .isZero();
            assertThat(client.readAt(0, 4097)).isEqualTo(Arrays.copyOf(bytes(1 << 20, 5), 4097));
        }
    }

    @Test
    void manyRequestsInFlightAreAllAnsweredOnce() throws IOException {
        try (RawClient client = client().go("v")) {
            byte[] data = bytes(4096, 9);
            int all = 1000;
            Thread sender = new Thread(() -> {
                try {
                    for (int i = 0; i < all; i++) {
                        client.write(RawClient.request(0, Nbd.CMD_WRITE, i, i * 4096L, 4096, data));
                    }
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            sender.start();
            Set<Long> cookies = new HashSet<>();
            for (int i = 0; i < all; i++) {
                RawClient.Answer answer = client.answer(0);
                assertThat(answer.error()).isZero();
                cookies.add(answer.cookie());
            }
            assertThat(cookies).hasSize(all);
        }
    }

    @Test
    void requestsThatCannotBeAreRefusedAndTheConnectionGoesOn() throws IOException {
        try (RawClient client = client().go("v")) {
            byte[] four = bytes(4096, 2);
            assertThat(client.writeAt(FileServer.SIZE - 100, four).error()).isEqualTo(28);
            assertThat(client.writeAt(-1, four).error()).isEqualTo(28);
            assertThat(client.writeAt(Long.MAX_VALUE, four).error()).isEqualTo(28);
            assertThat(client.writeAt(FileServer.SIZE, bytes(1 << 20, 3)).error())
                    .isEqualTo(28);
            assertThat(client.call(0, Nbd.CMD_READ, FileServer.SIZE, 1, NOTHING).error())
                    .isEqualTo(22);
            assertThat(client.call(0, Nbd.CMD_READ, 0, Nbd.LARGEST_PAYLOAD + 1, NOTHING)
                            .error())
                    .isEqualTo(22);
            assertThat(client.call(0, Nbd.CMD_READ, 0, 0, NOTHING).error()).isEqualTo(22);
            assertThat(client.call(0, Nbd.CMD_TRIM, 0, -1, NOTHING).error()).isEqualTo(22);
            assertThat(client.call(0, 99, 0, 4096, NOTHING).error()).isEqualTo(22);
            assertThat(client.call(0x8000, Nbd.CMD_READ, 0, 4096, NOTHING).error())
                    .isEqualTo(22);
            assertThat(client.call(0, Nbd.CMD_FLUSH, 1, 0, NOTHING).error()).isEqualTo(22);
            assertThat(client.readAt(FileServer.SIZE - 1, 1)).hasSize(1);
        }
    }

    @Test
    void aWriteTooLargeOrABrokenRequestEndsTheConnection() throws IOException {
        try (RawClient client = client().go("v")) {
            client.write(RawClient.request(0, Nbd.CMD_WRITE, 1, 0, Nbd.LARGEST_PAYLOAD + 1, NOTHING));
            assertThat(client.ended()).isTrue();
        }
        try (RawClient client = client().go("v")) {
            client.write(ByteBuffer.wrap(bytes(28, 1)));
            assertThat(client.ended()).isTrue();
        }
    }

    @Test
    void optionsAreAnsweredAndUnknownOnesRefused() throws IOException {
        try (RawClient client = client()) {
            client.option(99, 3, bytes(3, 3));
            assertThat(client.reply().type()).isEqualTo(Nbd.REP_ERR_UNSUP);
            client.option(Nbd.OPT_LIST, 0, NOTHING);
            assertThat(client.reply().data()).endsWith((byte) 'v');
            assertThat(client.reply().type()).isEqualTo(Nbd.REP_ACK);
            client.option(Nbd.OPT_STARTTLS, 0, NOTHING);
            assertThat(client.reply().type()).isEqualTo(Nbd.REP_ERR_POLICY);
            client.option(
                    Nbd.OPT_GO,
                    9,
                    ByteBuffer.allocate(9).putInt(Integer.MAX_VALUE).array());
            assertThat(client.reply().type()).isEqualTo(Nbd.REP_ERR_INVALID);
            client.option(Nbd.OPT_GO, 2, bytes(2, 1));
            assertThat(client.reply().type()).isEqualTo(Nbd.REP_ERR_INVALID);
            client.option(Nbd.OPT_LIST, 20_000, bytes(20_000, 1));
            assertThat(client.reply().type()).isEqualTo(Nbd.REP_ERR_TOO_BIG);
            assertThatThrownBy(() -> client.go("elsewhere")).hasMessageContaining("no such export");
            client.option(Nbd.OPT_ABORT, 0, NOTHING);
            assertThat(client.reply().type()).isEqualTo(Nbd.REP_ACK);
            assertThat(client.ended()).isTrue();
        }
    }

    @Test
    void theOldestOptionIsServedToo() throws IOException {
        try (RawClient client = new RawClient(server.address())) {
            client.read(18);
            client.write(ByteBuffer.allocate(4).putInt(1).flip());
            client.option(Nbd.OPT_EXPORT_NAME, 1, "v".getBytes(StandardCharsets.UTF_8));
            assertThat(client.read(134).getLong()).isEqualTo(FileServer.SIZE);
            assertThat(client.flush()).isZero();
        }
    }

    @Test
    void brokenHandshakesEndOnlyTheirOwnConnection() throws IOException {
        Random random = new Random(4711);
        for (int i = 0; i < 300; i++) {
            try (RawClient client = new RawClient(server.address())) {
                if (random.nextBoolean()) {
                    client.hello();
                }
                if (random.nextBoolean()) {
                    client.option(random.nextInt(12), random.nextInt(), bytes(random.nextInt(64), i));
                }
                client.write(ByteBuffer.wrap(bytes(1 + random.nextInt(200), i)));
            } catch (IOException e) {
                // The server may be quicker to hang up than this is to send: that is the answer asked for.
                assertThat(e).isNotNull();
            }
        }
        try (RawClient client = patient()) {
            assertThat(client.flush()).isZero();
        }
    }

    private RawClient patient() {
        return RawClient.patient(server.address(), client -> client.hello().go("v"));
    }

    @Test
    void clientsThatChooseNothingAreDisconnectedAndDoNotKeepOthersOut() throws IOException {
        serve(limits(Duration.ofSeconds(2), Duration.ofSeconds(20)));
        List<RawClient> idle = new ArrayList<>();
        try (RawClient working = patient()) {
            for (int i = 0; i < 1000; i++) {
                idle.add(new RawClient(server.address()));
            }
            assertThat(working.flush()).isZero();
            for (RawClient client : idle) {
                while (!client.ended()) {
                    Thread.onSpinWait();
                }
            }
            try (RawClient later = patient()) {
                assertThat(later.flush()).isZero();
            }
        } finally {
            for (RawClient client : idle) {
                client.close();
            }
        }
    }

    @Test
    void aClientThatReadsNoAnswersIsDisconnectedAndItsMemoryComesBack() throws IOException {
        serve(limits(Duration.ofSeconds(20), Duration.ofSeconds(5)));
        try (RawClient slow = client().go("v");
                RawClient other = client().go("v")) {
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 1_000_000; i++) {
                            slow.write(RawClient.request(0, Nbd.CMD_READ, i, 0, 4 << 20, NOTHING));
                        }
                    })
                    .isInstanceOf(IOException.class);
            assertThat(other.readAt(0, 4 << 20)).hasSize(4 << 20);
        }
        while (server.buffers.inUse() > 0) {
            Thread.onSpinWait();
        }
        assertThat(server.log).anyMatch(line -> line.contains("does not read its answers"));
    }

    /** A client whose requests are long on the way does not read meanwhile: its requests are taken all the same. */
    @Test
    void largeAnswersThatWaitDoNotKeepRequestsOut() throws IOException {
        NbdLimits patient = new NbdLimits(8, 4, Duration.ofSeconds(60), Duration.ofSeconds(60), 16, true);
        server.close();
        server = new FileServer(folder, patient, false);
        byte[] data = bytes(1 << 20, 8);
        try (RawClient client = client().go("v")) {
            for (int round = 0; round < 5; round++) {
                for (int i = 0; i < 7; i++) {
                    client.write(RawClient.request(0, Nbd.CMD_READ, i, 0, 1 << 20, NOTHING));
                }
                for (int i = 7; i < 14; i++) {
                    client.write(RawClient.request(0, Nbd.CMD_WRITE, i, 1 << 20, 1 << 20, data));
                }
                Set<Long> reads = new HashSet<>();
                Set<Long> all = new HashSet<>();
                while (all.size() < 14) {
                    RawClient.Answer answer = client.answer(cookie -> cookie < 7 ? 1 << 20 : 0);
                    assertThat(answer.error()).isZero();
                    assertThat(all.add(answer.cookie())).isTrue();
                    if (answer.data().length > 0) {
                        reads.add(answer.cookie());
                    }
                }
                assertThat(reads).hasSize(7);
            }
            assertThat(client.readAt(1 << 20, 1 << 20)).isEqualTo(data);
        }
        assertThat(server.log).isEmpty();
    }

    @Test
    void moreConnectionsThanAllowedAreTurnedAway() throws IOException {
        List<RawClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < LIMITS.connections(); i++) {
                clients.add(patient());
                // Its place is taken after its choice is answered.
                assertThat(clients.get(i).flush()).isZero();
            }
            try (RawClient further = client().go("v")) {
                assertThat(further.ended()).isTrue();
            }
            clients.remove(0).close();
            try (RawClient later = patient()) {
                assertThat(later.size()).isEqualTo(FileServer.SIZE);
            }
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }
}
