package org.mainstay.guard.heartbeat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Two ends of a path on a clock that the test turns; a step is one millisecond. */
final class FakeNetwork {
    static final long MS = 1_000_000;
    static final String KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    static final String OTHER_KEY = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    /** A datagram under way. */
    record Sent(boolean fromA, byte[] bytes, long arrives) {}

    long now = 12_345 * MS;
    final FakeLease leaseA = new FakeLease(() -> now / MS);
    final FakeLease leaseB = new FakeLease(() -> now / MS);
    PathMonitor a;
    PathMonitor b;
    boolean aRuns = true;
    boolean bRuns = true;
    Predicate<Sent> delivers = sent -> true;
    long delayMillis;
    final List<Sent> underWay = new ArrayList<>();
    final List<Sent> history = new ArrayList<>();
    final List<String> news = new ArrayList<>();
    PathMonitor.Verdict lastVerdict;

    FakeNetwork(int intervalMillis, int misses) {
        a = new PathMonitor(config(true, intervalMillis, misses, KEY), 1001, leaseA, now);
        b = new PathMonitor(config(false, intervalMillis, misses, KEY), 2001, leaseB, now);
    }

    static PathConfig config(boolean endA, int intervalMillis, int misses, String key) {
        InetSocketAddress one = address("10.0.0.1");
        InetSocketAddress two = address("10.0.0.2");
        return new PathConfig("p1", endA ? "B" : "A", endA ? one : two, endA ? two : one, intervalMillis, misses, key);
    }

    private static InetSocketAddress address(String text) {
        try {
            return new InetSocketAddress(InetAddress.getByName(text), 1500);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    void run(long millis) {
        for (long i = 0; i < millis; i++) {
            now += MS;
            deliver();
            serve(a, true);
            serve(b, false);
        }
    }

    private void deliver() {
        List<Sent> arrived =
                underWay.stream().filter(sent -> sent.arrives <= now).toList();
        underWay.removeAll(arrived);
        for (Sent sent : arrived) {
            if (delivers.test(sent)) {
                receive(sent.fromA ? b : a, sent.bytes);
            }
        }
    }

    void receive(PathMonitor end, byte[] bytes) {
        boolean endA = end == a;
        if (!(endA ? aRuns : bRuns)) {
            return;
        }
        PathMonitor.State before = end.state();
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        if (!Packet.plausible(buffer)) {
            throw new AssertionError("not plausible");
        }
        lastVerdict = end.receive(buffer, new Packet(), now);
        if (end.state() != before) {
            news.add((endA ? "A " : "B ") + end.state());
        }
    }

    private void serve(PathMonitor end, boolean endA) {
        if (!(endA ? aRuns : bRuns)) {
            return;
        }
        if (end.expired(now)) {
            news.add((endA ? "A " : "B ") + end.state());
        }
        while (end.due(now)) {
            ByteBuffer bytes = ByteBuffer.allocate(Packet.LARGEST);
            end.write(new Packet(), bytes, now);
            byte[] copy = new byte[bytes.position()];
            bytes.flip().get(copy);
            Sent sent = new Sent(endA, copy, now + delayMillis * MS);
            underWay.add(sent);
            history.add(sent);
        }
    }

    boolean alive() {
        return a.state() == PathMonitor.State.ALIVE && b.state() == PathMonitor.State.ALIVE;
    }

    /** Runs until the news appear. @return after how many milliseconds */
    long runUntil(String expected, long atMostMillis) {
        for (long millis = 1; millis <= atMostMillis; millis++) {
            run(1);
            if (news.contains(expected)) {
                return millis;
            }
        }
        throw new AssertionError("no '" + expected + "' within " + atMostMillis + " ms: " + news);
    }
}
