package org.mainstay.core.internal.node;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.GuardControl.GuardNews;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;

/** Several servers in one process: real stores, runtimes and decision cores, with machines, guards and a network of the test. */
public final class TestCluster implements AutoCloseable {
    /** A time limit for actions that only something that hangs reaches. */
    static final Duration AMPLE = Duration.ofSeconds(20);

    private static final long LIMIT_SECONDS = 20;

    private final Map<String, TestNode> nodes = new TreeMap<>();
    private final Semaphore changes = new Semaphore(0);
    private final Set<String> cut = new HashSet<>();
    private final Set<String> off = new HashSet<>();
    private final Set<String> wasAlive = new HashSet<>();
    private long session = 1;

    /** Makes the servers A, B, ... and starts them. */
    public TestCluster(Path directory, int size) throws IOException {
        this(directory, size, AMPLE);
    }

    /** @param actionLimit of the kit's restore and remove on all servers, for tests whose restore hangs */
    TestCluster(Path directory, int size, Duration actionLimit) throws IOException {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            members.add(new Member(name(i), "10.0.0." + (i + 1), 1500, "00"));
        }
        Membership membership = new Membership(size, members);
        for (int i = 0; i < size; i++) {
            nodes.put(
                    name(i),
                    new TestNode(
                            name(i),
                            "10.0.0." + (i + 1),
                            directory.resolve(name(i)),
                            membership,
                            actionLimit,
                            this::somethingChanged));
        }
        nodes.values().forEach(TestNode::start);
        connectAll();
        for (TestNode node : nodes.values()) {
            await(node.name() + " available and in touch", () -> available(node) && inTouch(node));
        }
    }

    private static String name(int index) {
        return String.valueOf((char) ('A' + index));
    }

    public TestNode node(String name) {
        return nodes.get(name);
    }

    public static boolean available(TestNode node) {
        return node.running() && node.snapshot().phase() == ClusterSnapshot.Phase.AVAILABLE;
    }

    private boolean inTouch(TestNode node) {
        return node.snapshot().peers().values().stream().allMatch(ClusterSnapshot.Peer::current);
    }

    private void connectAll() {
        for (TestNode a : nodes.values()) {
            for (TestNode b : nodes.values()) {
                if (a.name().compareTo(b.name()) < 0 && a.running() && b.running() && !isCut(a, b)) {
                    FakeMessenger.connect(a.messenger(), b.messenger(), session++);
                }
            }
        }
        heartbeats();
    }

    private boolean isCut(TestNode a, TestNode b) {
        return cut.contains(a.name() + b.name()) || cut.contains(b.name() + a.name());
    }

    /** Two comm paths with heartbeats between each pair. */
    public TestCluster withPaths() throws Exception {
        for (TestNode a : nodes.values()) {
            for (TestNode b : nodes.values()) {
                if (a.name().compareTo(b.name()) < 0) {
                    Reply reply = a.submit(new Request.CreatePath(b.name(), a.address(), b.address(), 1, 100, 3));
                    if (!reply.succeeded()) {
                        throw new AssertionError("no path from " + a.name() + " to " + b.name() + ": " + reply);
                    }
                }
            }
        }
        return this;
    }

    private void somethingChanged() {
        heartbeats();
        changes.release();
    }

    /** What the guards hear: paths that both databases have, as long as the cable is whole and the other machine lives. */
    private synchronized void heartbeats() {
        for (TestNode node : nodes.values()) {
            if (!node.running()) {
                continue;
            }
            node.guard().servesOnly(node.own().rows(LcdSection.PATHS).keySet());
            for (CommPath path : node.own().rows(LcdSection.PATHS).values()) {
                TestNode peer = nodes.get(path.peer());
                // A path that was alive outlasts the moment in which only one end is deleted yet: its detection time.
                String direction = node.name() + " " + path.id();
                boolean heard = hasPath(peer, path.id()) || wasAlive.contains(direction);
                boolean alive = powered(peer) && !isCut(node, peer) && heard;
                if (alive) {
                    wasAlive.add(direction);
                } else {
                    wasAlive.remove(direction);
                }
                node.guard().tell("path " + path.id(), new GuardNews.PathState(path.id(), peer.name(), alive));
                if (alive) {
                    var report = peer.guard().report();
                    node.guard()
                            .tell(
                                    "peer " + peer.name(),
                                    new GuardNews.PeerInfo(
                                            peer.name(),
                                            peer.bootId(),
                                            peer.running(),
                                            report == null ? 0 : report.lcdIncarnation(),
                                            report == null ? 0 : report.lcdVersion()));
                }
            }
        }
    }

    private boolean powered(TestNode node) {
        return !off.contains(node.name());
    }

    private static boolean hasPath(TestNode node, String id) {
        return !node.running() || node.own().row(LcdSection.PATHS, id).isPresent();
    }

    /** kill -9 of the manager: the guard goes on heartbeating. */
    public void kill(String name) {
        TestNode node = nodes.get(name);
        others(node).forEach(other -> FakeMessenger.disconnect(node.messenger(), other.messenger()));
        node.kill();
        heartbeats();
    }

    /** The machine loses its power. */
    public void powerCut(String name) {
        TestNode node = nodes.get(name);
        if (node.running()) {
            others(node).forEach(other -> FakeMessenger.disconnect(node.messenger(), other.messenger()));
        }
        off.add(name);
        node.powerCut();
        heartbeats();
    }

    /** The manager starts (again), on a machine that has power (again). */
    public void start(String name) {
        TestNode node = nodes.get(name);
        off.remove(name);
        node.start();
        for (TestNode other : others(node)) {
            if (!isCut(node, other)) {
                FakeMessenger.connect(node.messenger(), other.messenger(), session++);
            }
        }
        heartbeats();
    }

    /** All cables between two servers are pulled. */
    public void cut(String a, String b) {
        cut.add(a + b);
        FakeMessenger.disconnect(nodes.get(a).messenger(), nodes.get(b).messenger());
        heartbeats();
    }

    public void mend(String a, String b) {
        cut.remove(a + b);
        cut.remove(b + a);
        FakeMessenger.connect(nodes.get(a).messenger(), nodes.get(b).messenger(), session++);
        heartbeats();
    }

    private List<TestNode> others(TestNode node) {
        return nodes.values().stream()
                .filter(other -> !other.equals(node) && other.running())
                .toList();
    }

    /** Waits until the condition holds, looking again whenever a server's state changes. */
    public void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("did not happen: " + what + describe());
            }
            try {
                if (changes.tryAcquire(20, TimeUnit.MILLISECONDS)) {
                    changes.drainPermits();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
    }

    private String describe() {
        StringBuilder text = new StringBuilder();
        for (TestNode node : nodes.values()) {
            text.append("\n").append(node.name()).append(": ");
            if (node.running()) {
                ClusterSnapshot snapshot = node.snapshot();
                text.append(snapshot.phase())
                        .append(' ')
                        .append(snapshot.own())
                        .append(" paths ")
                        .append(snapshot.paths());
                text.append(" problems ")
                        .append(snapshot.problems())
                        .append(" activities ")
                        .append(snapshot.activities());
                snapshot.peers()
                        .values()
                        .forEach(peer -> text.append("\n    peer ")
                                .append(peer.name() + " " + peer.state() + " current " + peer.current() + " "
                                        + peer.managerPresent() + " " + peer.lcd() + " paths " + peer.paths()));
                snapshot.own()
                        .instances()
                        .values()
                        .forEach(instance -> text.append("\n    ").append(instance));
                text.append("\n    operations ")
                        .append(snapshot.own().rows(LcdSection.OPERATIONS).keySet());
                text.append(" handovers ").append(snapshot.own().rows(LcdSection.HANDOVERS));
            } else {
                text.append("not running");
            }
            text.append("\n    calls ").append(node.kit().calls());
            text.append("\n    events ");
            if (node.running()) {
                node.runtime()
                        .eventLog()
                        .recent(30)
                        .forEach(event -> text.append("\n      ").append(event.text()));
            }
        }
        return text.toString();
    }

    @Override
    public void close() {
        nodes.values().forEach(TestNode::kill);
    }
}
