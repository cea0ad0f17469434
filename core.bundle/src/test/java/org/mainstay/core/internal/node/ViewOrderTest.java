package org.mainstay.core.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.GuardControl.GuardNews;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;

/** What a server tells of itself for display reaches a peer in the order in which it came to be. */
@Timeout(180)
class ViewOrderTest {
    @TempDir(factory = MemoryFolder.class)
    Path directory;

    private final Semaphore changes = new Semaphore(0);
    private final List<String> views = new CopyOnWriteArrayList<>();
    private TestNode node;

    /** A session with B begins; while it is told everything, a path comes up. */
    private final class Slow implements Messenger {
        private final AtomicBoolean first = new AtomicBoolean(true);

        @Override
        public boolean send(String peer, String topic, byte[] payload) {
            if (topic.equals(PeerViews.TOPIC)) {
                if (first.getAndSet(false)) {
                    node.guard().tell("path p1", new GuardNews.PathState("p1", "B", true));
                    await(() -> !views.isEmpty() || somebodyWaits());
                }
                views.add(new String(payload, StandardCharsets.UTF_8));
                changes.release();
            }
            return true;
        }

        @Override
        public boolean send(String peer, long session, String topic, byte[] payload) {
            return send(peer, topic, payload);
        }

        @Override
        public CompletionStage<byte[]> request(String peer, String topic, byte[] payload, Duration limit) {
            return CompletableFuture.failedFuture(new NoCommunicationException("nobody is asked here"));
        }

        @Override
        public Registration handle(String topic, Handler handler) {
            return () -> {};
        }

        @Override
        public Registration sessions(Consumer<Session> listener) {
            listener.accept(new Session("B", 7, true));
            return () -> {};
        }
    }

    /** Returns whether a thread that has news for the peers waits for the one that is here. */
    private static boolean somebodyWaits() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(entry -> entry.getKey().getState() == Thread.State.BLOCKED)
                .anyMatch(entry -> Arrays.stream(entry.getValue())
                        .anyMatch(frame -> frame.getMethodName().startsWith("tellPeers")));
    }

    private void await(java.util.function.BooleanSupplier condition) {
        try {
            while (!condition.getAsBoolean()) {
                // Nothing announces that a thread waits for a lock.
                changes.tryAcquire(10, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            throw new AssertionError("the test took too long", e);
        }
    }

    @Test
    void everythingIsNotTakenForNewerThanWhatChangedMeanwhile() throws Exception {
        Membership both = new Membership(
                1, List.of(new Member("A", "10.0.0.1", 1500, "00"), new Member("B", "10.0.0.2", 1500, "01")));
        CommPath path = new CommPath("p1", "B", "10.0.0.1", "10.0.0.2", 1, 100, 3);
        node = new TestNode("A", "10.0.0.1", directory, both, TestCluster.AMPLE, changes::release, path);
        node.start();
        try {
            await(() -> TestCluster.available(node));
            node.runtime().attach(new Slow());
            await(() -> views.size() >= 2);
            assertThat(views.get(views.size() - 1)).contains("\"p1\":true");
            assertThat(views.get(0)).doesNotContain("p1");
        } finally {
            node.kill();
        }
    }
}
