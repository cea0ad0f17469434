package org.mainstay.guard.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.util.Await;
import org.mainstay.guard.util.Log;

/** Real sockets on loopback addresses. */
class HeartbeatServiceTest {
    /** Misses after which a path of a healthy peer is not dead on the busiest machine. */
    private static final int PATIENT = 20;

    @TempDir
    Path folder;

    private Log log;
    private InetSocketAddress one;
    private InetSocketAddress two;
    private final List<Node> nodes = new ArrayList<>();

    private record Said(String text, long at) {}

    private final class Node implements HeartbeatListener {
        final List<Said> said = new CopyOnWriteArrayList<>();
        volatile boolean fed;
        final OwnStatus own = new OwnStatus(System::nanoTime, UUID.randomUUID().toString());
        final HeartbeatService service;

        Node(long instance) throws IOException {
            service = new HeartbeatService(
                    System::nanoTime,
                    log,
                    this,
                    own,
                    new FakeLease(() -> System.nanoTime() / 1_000_000),
                    DiskStorage.NONE,
                    instance);
            service.start();
            nodes.add(this);
        }

        @Override
        public void path(String id, String peer, boolean alive) {
            said.add(new Said("path " + id + " " + peer + " " + alive, System.nanoTime()));
        }

        @Override
        public void peer(PeerStatus status) {
            said.add(new Said(
                    "peer " + status.peer() + " " + status.managerPresent() + " " + status.version(),
                    System.nanoTime()));
            fed = status.watchdogFed();
        }

        @Override
        public void notice(String text) {
            said.add(new Said("notice " + text, System.nanoTime()));
        }

        boolean hears(String start) {
            return said.stream().anyMatch(word -> word.text().startsWith(start));
        }

        List<String> saidOf(String start) {
            return said.stream()
                    .map(Said::text)
                    .filter(text -> text.startsWith(start))
                    .toList();
        }

        long when(String text) {
            return said.stream()
                    .filter(word -> word.text().equals(text))
                    .findFirst()
                    .orElseThrow()
                    .at();
        }
    }

    @BeforeEach
    void addresses() throws IOException {
        log = new Log(folder.resolve("log"));
        one = free("127.0.0.1");
        two = free("127.0.0.2");
    }

    private static InetSocketAddress free(String address) throws IOException {
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.bind(new InetSocketAddress(InetAddress.getByName(address), 0));
            return (InetSocketAddress) channel.getLocalAddress();
        }
    }

    @AfterEach
    void end() throws InterruptedException {
        for (Node node : nodes) {
            node.service.close();
        }
        log.close();
    }

    private PathConfig path(boolean endOne, int interval, int misses) {
        return new PathConfig(
                "p", endOne ? "B" : "A", endOne ? one : two, endOne ? two : one, interval, misses, FakeNetwork.KEY);
    }

    @Test
    void deadIsSaidRightAfterTheDetectionTime() throws Exception {
        Node a = new Node(11);
        Node b = new Node(22);
        a.service.paths(List.of(path(true, 500, 6)));
        b.service.paths(List.of(path(false, 500, 6)));
        Await.until("alive at both ends", 30_000, () -> a.hears("path p B true") && b.hears("path p A true"));
        long stopped = System.nanoTime();
        b.service.close();
        Await.until("dead", 30_000, () -> a.hears("path p B false"));
        long millis = TimeUnit.NANOSECONDS.toMillis(a.when("path p B false") - stopped);
        // 3000 after the last echo, which is at most one interval old when the peer ends; the bounds leave room for a
        // busy
        // machine, PathMonitorTest has the exact times
        assertThat(millis).isBetween(1000L, 15_000L);
    }

    @Test
    void whatAPeerSaysOfItselfArrivesAtOnceAndOnlyOnce() throws Exception {
        Node a = new Node(11);
        Node b = new Node(22);
        a.service.paths(List.of(path(true, 2000, 6)));
        b.service.paths(List.of(path(false, 2000, 6)));
        Await.until("alive", 30_000, () -> a.hears("path p B true") && b.hears("path p A true"));
        Await.until("heard of", 30_000, () -> a.hears("peer B false 0"));
        b.own.linked(true);
        b.own.report(new OwnStatus.Report("B", 4, 77, 10, 0, 1, 2));
        b.service.statusChanged();
        Await.until("the change is heard without waiting for the interval", 30_000, () -> a.hears("peer B true 77"));
        b.own.linked(false);
        b.service.statusChanged();
        Await.until(
                "manager absent",
                30_000,
                () -> a.said.get(a.said.size() - 1).text().equals("peer B false 77"));
        assertThat(a.said.stream().filter(word -> word.text().equals("peer B true 77")))
                .hasSize(1);
    }

    @Test
    void whetherAWatchdogIsFedIsSaidByItsServer() throws Exception {
        Node a = new Node(11);
        Node b = new Node(22);
        a.service.paths(List.of(path(true, 2000, 6)));
        b.service.paths(List.of(path(false, 2000, 6)));
        Await.until("heard of", 30_000, () -> a.hears("peer B") && b.hears("peer A"));
        assertThat(a.fed).as("what nobody said is no").isFalse();
        assertThat(b.own.watchdog(true)).isTrue();
        assertThat(b.own.watchdog(true)).isFalse();
        b.service.statusChanged();
        Await.until("fed", 30_000, () -> a.fed);
        assertThat(b.fed).as("of its own server only").isFalse();
        b.own.watchdog(false);
        b.service.statusChanged();
        Await.until("not fed any more", 30_000, () -> !a.fed);
        b.own.watchdog(true);
        b.service.statusChanged();
        Await.until("fed again", 30_000, () -> a.fed);
        b.own.watchdog(false);
        b.service.close();
        Await.until("its last word", 30_000, () -> !a.fed);
    }

    @Test
    void aHungDecisionLoopIsAnAbsentManager() throws Exception {
        Node a = new Node(11);
        Node b = new Node(22);
        b.own.linked(true);
        b.own.report(new OwnStatus.Report("B", 1, 5, 3500, 0, 0, 0));
        a.service.paths(List.of(path(true, 50, 3)));
        b.service.paths(List.of(path(false, 50, 3)));
        Await.until("heard", 30_000, () -> a.hears("peer B"));
        assertThat(a.hears("peer B true")).isFalse();
        // nobody knows what it may be storing just now
        assertThat(a.hears("peer B false 0")).isTrue();
        b.own.report(new OwnStatus.Report("B", 1, 6, 0, 0, 0, 0));
        b.service.statusChanged();
        Await.until("it goes on", 30_000, () -> a.hears("peer B true 6"));
    }

    @Test
    void anAddressThatComesLaterIsUsedThen() throws Exception {
        Node a = new Node(11);
        Node b = new Node(22);
        try (DatagramChannel squatter = DatagramChannel.open()) {
            squatter.bind(one);
            a.service.paths(List.of(path(true, 50, 3)));
            b.service.paths(List.of(path(false, 50, 3)));
            Await.until("the operator hears of it", 30_000, () -> a.hears("notice no heartbeats from 127.0.0.1"));
            Await.until("dead", 30_000, () -> a.hears("path p B false") && b.hears("path p A false"));
        }
        Await.until("alive", 30_000, () -> a.hears("path p B true") && b.hears("path p A true"));
        assertThat(a.said.stream().filter(word -> word.text().startsWith("notice no")))
                .hasSize(1);
        assertThat(a.hears("notice heartbeats use 127.0.0.1")).isTrue();
    }

    @Test
    void rubbishIsDroppedAndCounted() throws Exception {
        Node a = new Node(11);
        Node b = new Node(22);
        a.service.paths(List.of(path(true, 500, PATIENT)));
        b.service.paths(List.of(path(false, 500, PATIENT)));
        Await.until("alive", 30_000, () -> a.hears("path p B true"));
        try (DatagramChannel stranger = DatagramChannel.open()) {
            byte[] looksRight = new byte[Packet.LENGTH];
            ByteBuffer.wrap(looksRight).putInt(Packet.MAGIC).putShort(Packet.VERSION);
            for (int i = 0; i < 200; i++) {
                stranger.send(ByteBuffer.wrap(new byte[i]), one);
                stranger.send(ByteBuffer.wrap(looksRight), one);
                stranger.send(ByteBuffer.wrap(new byte[1400]), one);
            }
        }
        Await.until("counted", 30_000, () -> a.service.foreignPackets() > 100);
        log.flush();
        String lines = java.nio.file.Files.readString(folder.resolve("log"));
        assertThat(lines.lines().filter(line -> line.contains("dropped"))).hasSize(1);
        assertThat(a.saidOf("path p B")).containsExactly("path p B true");
    }

    @Test
    void unchangedPathsAreNotDisturbedByOthers() throws Exception {
        Node a = new Node(11);
        Node b = new Node(22);
        b.service.paths(List.of(path(false, 500, PATIENT)));
        a.service.paths(List.of(path(true, 500, PATIENT)));
        Await.until("alive", 30_000, () -> a.hears("path p B true"));
        PathConfig other = new PathConfig("q", "C", one, free("127.0.0.3"), 50, 3, FakeNetwork.OTHER_KEY);
        a.service.paths(List.of(path(true, 500, PATIENT), other));
        Await.until("the other is dead", 30_000, () -> a.hears("path q C false"));
        a.service.paths(List.of(path(true, 500, PATIENT)));
        assertThat(a.service.views().get(20, TimeUnit.SECONDS)).hasSize(1);
        assertThat(a.saidOf("path p B")).containsExactly("path p B true");
    }
}
