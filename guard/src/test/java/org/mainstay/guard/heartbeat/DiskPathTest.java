package org.mainstay.guard.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.spi.AbstractInterruptibleChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.reserve.HeartbeatArea;
import org.mainstay.guard.util.Await;
import org.mainstay.guard.util.Log;

/** Heartbeats of two guards over one image file: COMM-020 to COMM-022. */
class DiskPathTest {
    private static final String ID = "A-B@disk#1";
    private static final int INTERVAL = 100;
    private static final int MISSES = 8;
    private static final long LIMIT = 60_000;

    @TempDir
    private Path folder;

    private Log log;
    private Path image;
    private final List<Node> nodes = new ArrayList<>();

    /** A disk that can fail, hang and lie as told. */
    private static final class Disk {
        volatile boolean fails;
        volatile CountDownLatch hangs;
        volatile UnaryOperator<ByteBuffer> lies = UnaryOperator.identity();
        final java.util.concurrent.atomic.AtomicInteger opened = new java.util.concurrent.atomic.AtomicInteger();

        DiskStorage over(DiskStorage real) {
            return config -> {
                pass();
                DiskStorage.Slots slots = real.open(config);
                opened.incrementAndGet();
                return new DiskStorage.Slots() {
                    @Override
                    public ByteBuffer exchange(ByteBuffer heartbeat) throws IOException {
                        pass();
                        ByteBuffer heard = slots.exchange(heartbeat);
                        return heard == null ? null : lies.apply(heard);
                    }

                    @Override
                    public void close() throws IOException {
                        slots.close();
                    }
                };
            };
        }

        private void pass() throws IOException {
            CountDownLatch gate = hangs;
            if (gate != null) {
                new StuckFile(gate).use();
            }
            if (fails) {
                throw new IOException("Input/output error");
            }
        }
    }

    /** As a file on storage that hangs in the kernel: nothing ends what is under way, and closing waits for it. */
    private static final class StuckFile extends AbstractInterruptibleChannel {
        private final CountDownLatch gate;

        StuckFile(CountDownLatch gate) {
            this.gate = gate;
        }

        void use() throws IOException {
            begin();
            try {
                await();
            } finally {
                end(true);
            }
        }

        private void await() {
            boolean interrupted = false;
            while (gate.getCount() > 0) {
                try {
                    gate.await();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        protected void implCloseChannel() {
            await();
        }
    }

    private final class Node implements HeartbeatListener {
        final List<String> said = new CopyOnWriteArrayList<>();
        final OwnStatus own = new OwnStatus(System::nanoTime, UUID.randomUUID().toString());
        final Disk disk = new Disk();
        final FakeLease lease = new FakeLease(() -> System.nanoTime() / 1_000_000);
        final HeartbeatService service;

        Node(String name, UUID installation, long instance) throws IOException {
            HeartbeatArea.Owner owner = new HeartbeatArea.Owner(installation, name);
            service = new HeartbeatService(
                    System::nanoTime,
                    log,
                    this,
                    own,
                    lease,
                    disk.over(config -> HeartbeatArea.open(config.disk(), config.id(), owner)),
                    instance);
            service.start();
            nodes.add(this);
        }

        @Override
        public void path(String id, String peer, boolean alive) {
            said.add(id + " " + peer + " " + (alive ? "alive" : "dead"));
        }

        @Override
        public void peer(PeerStatus status) {
            said.add("peer " + status.peer() + " " + status.version());
        }

        @Override
        public void notice(String text) {
            said.add(text);
        }

        String last(String id) {
            return said.stream()
                    .filter(text -> text.startsWith(id + " "))
                    .reduce((first, second) -> second)
                    .orElse("");
        }

        long count(String text) {
            return said.stream().filter(each -> each.contains(text)).count();
        }
    }

    @BeforeEach
    void prepare() throws IOException {
        log = new Log(folder.resolve("log"));
        image = folder.resolve("shared.img");
        Files.write(image, new byte[1 << 20]);
        assertThat(HeartbeatArea.prepare(image, ID).done()).isTrue();
    }

    @AfterEach
    void end() throws InterruptedException {
        for (Node node : nodes) {
            if (node.disk.hangs != null) {
                node.disk.hangs.countDown();
            }
            node.service.close();
        }
        log.close();
    }

    private PathConfig disk(boolean endA, String key) {
        return new PathConfig(
                ID,
                endA ? "B" : "A",
                null,
                null,
                INTERVAL,
                MISSES,
                key,
                new PathConfig.Disk(image.toString(), endA ? 0 : 1));
    }

    private Node node(boolean endA, long instance, PathConfig... more) throws IOException {
        Node node = new Node(endA ? "A" : "B", UUID.randomUUID(), instance);
        List<PathConfig> paths = new ArrayList<>(List.of(disk(endA, FakeNetwork.KEY)));
        paths.addAll(List.of(more));
        node.service.paths(paths);
        return node;
    }

    /** A path beside the disk's: ten seconds of silence are no busy machine, but a heartbeat thread that waits for the disk. */
    private static PathConfig network(String peer, InetSocketAddress local, InetSocketAddress remote) {
        return new PathConfig("net", peer, local, remote, 500, 20, FakeNetwork.KEY);
    }

    private static void alive(Node a, Node b) throws Exception {
        Await.until(
                "alive at both ends",
                LIMIT,
                () -> a.last(ID).endsWith("B alive") && b.last(ID).endsWith("A alive"));
    }

    private static void dead(Node node) throws Exception {
        Await.until("dead", LIMIT, () -> node.last(ID).endsWith(" dead"));
    }

    @Test
    void twoGuardsHearEachOtherAndWhatTheySayOfThemselves() throws Exception {
        Node a = node(true, 11);
        Node b = node(false, 22);
        alive(a, b);
        b.own.linked(true);
        b.own.report(new OwnStatus.Report("B", 5, 77, 0, 0, 1, 1));
        b.service.statusChanged();
        Await.until("A knows the version of B", LIMIT, () -> a.said.contains("peer B 77"));
        b.service.close();
        dead(a);
    }

    // covers QUO-061
    @Test
    void aServerThatIsSilentInQuarantineIsDeadOnTheDiskToo() throws Exception {
        Node a = node(true, 11);
        Node b = node(false, 22);
        alive(a, b);
        b.service.silent(true);
        dead(a);
        b.service.silent(false);
        alive(a, b);
    }

    @Test
    void whatASlotStillHoldsFromBeforeARebootProvesNothing() throws Exception {
        Node a = node(true, 11);
        Node b = node(false, 22);
        alive(a, b);
        a.service.close();
        b.service.close();
        Node again = node(true, 33);
        dead(again);
        assertThat(again.count("alive")).isZero();
        Node back = node(false, 44);
        alive(again, back);
    }

    @Test
    void aDiskThatHangsKillsItsPathAndDelaysNoOther() throws Exception {
        InetSocketAddress one = free("127.0.0.1");
        InetSocketAddress two = free("127.0.0.2");
        Node a = node(true, 11, network("B", one, two));
        Node b = node(false, 22, network("A", two, one));
        alive(a, b);
        Await.until("the network, too", LIMIT, () -> a.last("net").endsWith("alive"));
        a.disk.hangs = new CountDownLatch(1);
        dead(a);
        dead(b);
        Await.until(
                "status says why",
                LIMIT,
                () -> a.service.views().join().stream()
                        .anyMatch(view -> view.config().id().equals(ID)
                                && view.trouble().startsWith("the storage has not answered for")));
        long turned = a.service.stillMillis();
        assertThat(turned).as("ms since the heartbeat thread last turned").isLessThan(5_000);
        assertThat(a.count("net B dead")).isZero();
        assertThat(b.count("net A dead")).isZero();
        a.disk.hangs.countDown();
        alive(a, b);
    }

    @Test
    void aPathIsGivenUpWhileItsDiskHangs() throws Exception {
        InetSocketAddress one = free("127.0.0.1");
        InetSocketAddress two = free("127.0.0.2");
        PathConfig net = network("B", one, two);
        Node a = node(true, 11, net);
        Node b = node(false, 22, network("A", two, one));
        alive(a, b);
        Await.until("the network, too", LIMIT, () -> a.last("net").endsWith("alive"));
        a.disk.hangs = new CountDownLatch(1);
        dead(a);
        a.service.paths(List.of(net));
        assertThat(a.service.views().get(20, TimeUnit.SECONDS))
                .as("the heartbeat thread goes on")
                .hasSize(1);
        assertThat(b.count("net A dead")).isZero();
    }

    @Test
    void aDiskThatFailsIsToldOnceAndUsedAgainWhenItIsBack() throws Exception {
        Node a = node(true, 11);
        Node b = node(false, 22);
        alive(a, b);
        a.disk.fails = true;
        dead(a);
        dead(b);
        assertThat(a.count("no heartbeats to B over the shared disk " + image + ": Input/output error"))
                .isEqualTo(1);
        a.disk.fails = false;
        alive(a, b);
        assertThat(a.count("can be written and read again")).isEqualTo(1);
    }

    @Test
    void aDiskThatAnswersWithGarbageOrOldWordsIsDead() throws Exception {
        Node a = node(true, 11);
        Node b = node(false, 22);
        alive(a, b);
        long foreign = a.service.foreignPackets();
        a.disk.lies = heard -> {
            ByteBuffer torn = ByteBuffer.allocate(heard.limit());
            torn.put(0, heard, 0, heard.limit());
            torn.put(heard.limit() - 1, (byte) ~torn.get(heard.limit() - 1));
            return torn;
        };
        dead(a);
        assertThat(a.service.foreignPackets()).isGreaterThan(foreign);
        a.disk.lies = UnaryOperator.identity();
        alive(a, b);
        ByteBuffer[] frozen = new ByteBuffer[1];
        a.disk.lies = heard -> frozen[0] = frozen[0] == null ? heard : frozen[0];
        dead(a);
        a.disk.lies = heard -> ByteBuffer.allocate(3);
        Await.until("too short is foreign", LIMIT, () -> a.service.foreignPackets() > foreign + 1);
        assertThat(a.last(ID)).endsWith("dead");
    }

    @Test
    void aPeerWithAnotherKeyIsNobody() throws Exception {
        Node a = node(true, 11);
        Node b = new Node("B", UUID.randomUUID(), 22);
        b.service.paths(List.of(disk(false, FakeNetwork.OTHER_KEY)));
        dead(a);
        dead(b);
        assertThat(a.count("alive") + b.count("alive")).isZero();
        assertThat(a.service.foreignPackets()).isPositive();
    }

    @Test
    void aSecondWriterOfOnesSlotIsNoticed() throws Exception {
        Node a = node(true, 11);
        Node b = node(false, 22);
        alive(a, b);
        Node other = node(true, 33);
        Await.until("both complain", LIMIT, () -> a.count("something else") > 0 && other.count("something else") > 0);
        assertThat(a.count("'A'")).isPositive();
    }

    @Test
    void aDeviceThatIsGivenAwayIsLeftAlone() throws Exception {
        Node a = node(true, 11);
        Node b = node(false, 22);
        alive(a, b);
        byte[] others = "somebody else's file system".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        try (java.io.RandomAccessFile file = new java.io.RandomAccessFile(image.toFile(), "rw")) {
            file.write(others);
        }
        dead(a);
        assertThat(a.count("is not the area of this comm path any more")).isEqualTo(1);
        byte[] before = Files.readAllBytes(image);
        int opened = a.disk.opened.get();
        Await.until("said by B, too", LIMIT, () -> b.count("is not the area of this comm path") > 0);
        assertThat(Files.readAllBytes(image)).isEqualTo(before);
        assertThat(a.disk.opened.get()).isEqualTo(opened);
    }

    /** The grantor lets the holder's time pass from a later moment than the holder counts from, or both run. */
    private static void neverCountsFromLater(Node holder, Node grantor) {
        List<FakeLease.Granted> got = List.copyOf(holder.lease.got);
        long latest = grantor.lease.lastGiven().at();
        assertThat(got)
                .isNotEmpty()
                .allSatisfy(granted -> assertThat(granted.at()).isLessThanOrEqualTo(latest));
    }

    @Test
    void aDiskCarriesGrantsBothWays() throws Exception {
        Node a = node(true, 11);
        Node b = node(false, 22);
        alive(a, b);
        Await.until("granted", LIMIT, () -> a.lease.got.size() > 5 && b.lease.got.size() > 5);
        assertThat(a.lease.got).allSatisfy(granted -> {
            assertThat(granted.peer()).isEqualTo("B");
            assertThat(granted.lease()).isEqualTo(5000);
            assertThat(granted.lossStop()).isEqualTo(10_000);
        });
        neverCountsFromLater(a, b);
        neverCountsFromLater(b, a);
        b.lease.grants = false;
        Await.until(
                "B withholds, but is heard",
                LIMIT,
                () -> a.lease.now() - a.lease.lastGot().at() > 3 * MISSES * INTERVAL
                        && a.last(ID).endsWith("B alive"));
    }

    @Test
    void whatADiskHeldBackGrantsFromWhenItWasAsked() throws Exception {
        Node a = node(true, 11);
        Node b = node(false, 22);
        alive(a, b);
        Await.until("granted", LIMIT, () -> !a.lease.got.isEmpty());
        a.disk.hangs = new CountDownLatch(1);
        dead(a);
        dead(b);
        int before = a.lease.got.size();
        int turns = a.lease.turns.get();
        Await.until("the heartbeats' thread goes on", LIMIT, () -> a.lease.turns.get() > turns + 3);
        assertThat(a.lease.got).as("nothing is granted while it hangs").hasSize(before);
        CountDownLatch gate = a.disk.hangs;
        a.disk.hangs = null;
        gate.countDown();
        alive(a, b);
        Await.until("granted again", LIMIT, () -> a.lease.got.size() > before && !b.lease.got.isEmpty());
        neverCountsFromLater(a, b);
        neverCountsFromLater(b, a);
    }

    private static InetSocketAddress free(String address) throws IOException {
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.bind(new InetSocketAddress(InetAddress.getByName(address), 0));
            return (InetSocketAddress) channel.getLocalAddress();
        }
    }
}
