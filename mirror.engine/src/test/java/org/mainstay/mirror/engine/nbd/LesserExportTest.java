package org.mainstay.mirror.engine.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.io.Buffers;
import org.mainstay.mirror.engine.io.Export;

/** Clients of snapshots, which may wait for long, take nothing away from clients of volumes. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LesserExportTest implements Exports {
    private static final int MEGABYTE = 1 << 20;

    @TempDir
    private Path folder;

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final Buffers buffers = new Buffers(4 * MEGABYTE + 4096);
    private final Volume volume = new Volume(false);
    private final Volume snapshot = new Volume(true);
    private NbdServer server;
    private SocketAddress address;

    /** Answers at once what is asked of a volume, and nothing of a snapshot. */
    private static final class Volume implements Export {
        private final boolean snapshot;
        final BlockingQueue<BlockRequest> held = new LinkedBlockingQueue<>();

        Volume(boolean snapshot) {
            this.snapshot = snapshot;
        }

        @Override
        public long size() {
            return 64 * MEGABYTE;
        }

        @Override
        public boolean readOnly() {
            return false;
        }

        @Override
        public boolean manyConnections() {
            return true;
        }

        @Override
        public boolean lesser() {
            return snapshot;
        }

        @Override
        public void submit(BlockRequest[] requests, int count) {
            for (int i = 0; i < count; i++) {
                if (snapshot) {
                    held.add(requests[i]);
                } else {
                    requests[i].complete(BlockRequest.OK);
                }
            }
        }

        @Override
        public boolean attach(AutoCloseable client) {
            return true;
        }

        @Override
        public void detach(AutoCloseable client) {
            // Nobody asks.
        }
    }

    @Override
    public Export find(String name) {
        return name.equals("v@1") ? volume : snapshot;
    }

    @Override
    public List<String> names() {
        return List.of("v@1", "v@snapshot-1");
    }

    @BeforeEach
    void listen() throws IOException {
        server = new NbdServer(this, NbdLimits.DEFAULT, buffers, timer, line -> {});
        server.listen(folder.resolve("s"));
        address = UnixDomainSocketAddress.of(folder.resolve("s"));
    }

    @AfterEach
    void end() throws IOException {
        server.close();
        timer.shutdown();
    }

    @Test
    void aSnapshotThatHangsTakesNoMemoryFromVolumes() throws Exception {
        List<BlockRequest> hanging = new ArrayList<>();
        try (RawClient reader = new RawClient(address);
                RawClient other = new RawClient(address)) {
            reader.hello().go("v@snapshot-1");
            for (int i = 0; i < 64; i++) {
                reader.write(RawClient.request(0, Nbd.CMD_READ, i, (long) i * MEGABYTE, MEGABYTE, new byte[0]));
            }
            while (hanging.size() < 4) {
                hanging.add(snapshot.held.poll(60, TimeUnit.SECONDS));
            }
            other.hello().go("v@1");
            assertThat(other.readAt(0, MEGABYTE)).hasSize(MEGABYTE);
            assertThat(buffers.inUse()).as("it has memory of its own").isLessThan(2 * MEGABYTE);
            int answered = 0;
            while (answered < 64) {
                BlockRequest next = hanging.isEmpty() ? snapshot.held.poll(60, TimeUnit.SECONDS) : hanging.remove(0);
                next.complete(BlockRequest.OK);
                next.push();
                assertThat(reader.answer(MEGABYTE).error()).isZero();
                answered++;
            }
        }
    }

    @Test
    void clientsOfSnapshotsTakeNoConnectionFromVolumes() throws Exception {
        List<RawClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 64; i++) {
                clients.add(new RawClient(address).hello().go("v@snapshot-1"));
                // Its place is taken after its choice is answered; what cannot be is answered at once.
                RawClient.Answer beyond = clients.get(i).call(0, Nbd.CMD_READ, volume.size(), 512, new byte[0]);
                assertThat(beyond.error()).isEqualTo(BlockRequest.EINVAL);
            }
            clients.add(new RawClient(address).hello().go("v@snapshot-1"));
            assertThat(clients.get(64).ended()).as("one too many").isTrue();
            clients.add(new RawClient(address).hello().go("v@1"));
            assertThat(clients.get(65).readAt(0, 512)).hasSize(512);
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }
}
