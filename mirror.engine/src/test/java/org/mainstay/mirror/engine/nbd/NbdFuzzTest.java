package org.mainstay.mirror.engine.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Well-formed options and requests in any order and with any numbers: the server goes on, and gives all memory back. */
@Timeout(300)
class NbdFuzzTest {
    private static final int[] OPTIONS = {
        Nbd.OPT_GO, Nbd.OPT_INFO, Nbd.OPT_LIST, Nbd.OPT_ABORT, Nbd.OPT_STRUCTURED_REPLY, Nbd.OPT_EXPORT_NAME, 5, 99
    };

    @TempDir
    Path folder;

    private final Random random = new Random(Long.getLong("mainstay.mirror.seed", 1));

    private byte[] bytes(int length) {
        byte[] data = new byte[length];
        random.nextBytes(data);
        return data;
    }

    private long odd(long usual) {
        return switch (random.nextInt(8)) {
            case 0 -> -1;
            case 1 -> Long.MAX_VALUE;
            case 2 -> Long.MIN_VALUE;
            case 3 -> FileServer.SIZE;
            case 4 -> random.nextLong();
            default -> usual;
        };
    }

    @Test
    void theServerGoesOnWhateverClientsSend() throws IOException {
        NbdLimits limits = new NbdLimits(8, 4, Duration.ofSeconds(20), Duration.ofSeconds(20), 16, true);
        try (FileServer server = new FileServer(folder, limits, false)) {
            for (int i = 0; i < Integer.getInteger("mainstay.mirror.fuzz", 150); i++) {
                try (RawClient client = new RawClient(server.address()).hello()) {
                    if (random.nextInt(3) == 0) {
                        options(client);
                    } else {
                        requests(client.go("v"));
                    }
                } catch (IOException e) {
                    // The server ends a connection that it cannot make sense of.
                    assertThat(e).hasMessageNotContaining("not an option's reply");
                }
            }
            try (RawClient good = new RawClient(server.address()).hello().go("v")) {
                byte[] data = bytes(4096);
                assertThat(good.writeAt(8192, data).error()).isZero();
                assertThat(good.readAt(8192, 4096)).isEqualTo(data);
            }
            assertThat(server.log).noneMatch(line -> line.contains("defect") || line.contains("Exception"));
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (server.buffers.inUse() > 0) {
                assertThat(System.nanoTime() - end).as("all memory comes back").isNegative();
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
            }
        }
    }

    private void options(RawClient client) throws IOException {
        for (int i = 0; i < 6; i++) {
            byte[] data = bytes(random.nextInt(40));
            int length = random.nextInt(6) == 0 ? (int) odd(data.length) : data.length;
            client.option(OPTIONS[random.nextInt(OPTIONS.length)], length, data);
        }
    }

    private void requests(RawClient client) throws IOException {
        client.drain();
        for (int i = 0; i < 30; i++) {
            int type = random.nextInt(5) == 0 ? random.nextInt(70_000) : random.nextInt(8);
            int length = random.nextInt(4) == 0 ? (int) odd(4096) : random.nextInt(50_000);
            boolean data = type == Nbd.CMD_WRITE && length >= 0 && length <= 200_000;
            long offset = random.nextInt(4) == 0 ? odd(0) : random.nextInt(FileServer.SIZE);
            int flags = random.nextInt(3) == 0 ? random.nextInt(65_536) : 0;
            client.write(RawClient.request(
                    flags, type, random.nextLong(), offset, length, data ? bytes(length) : new byte[0]));
        }
    }
}
