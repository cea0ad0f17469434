package org.mainstay.comm.internal.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Registration;
import org.mainstay.comm.internal.net.Settings;

/** Two servers and what the messenger promises. */
class MessengerTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private TestCluster cluster;
    private TestCluster.Server a;
    private TestCluster.Server b;
    private Inspector atA;
    private Inspector atB;

    @BeforeEach
    void start() throws Exception {
        cluster = new TestCluster();
        a = cluster.add("A", "127.0.9.1", Settings.DEFAULT);
        b = cluster.add("B", "127.0.9.2", Settings.DEFAULT);
        atA = new Inspector(a.node, "core", "events");
        atB = new Inspector(b.node, "core", "events");
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private void connected() {
        Await.until("both have a session", () -> atA.open("B") && atB.open("A"));
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void talksOverTheMemberAddressBeforeThereIsAPath() throws Exception {
        connected();
        b.node.handle("admin", (from, payload) -> CompletableFuture.completedFuture(text(from + " asked")));
        byte[] answer = a.node.request("B", "admin", text("hello"), LONG)
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        assertThat(new String(answer, StandardCharsets.UTF_8)).isEqualTo("A asked");
    }

    private long sessionAtA() {
        return atA.sessions.get(atA.sessions.size() - 1).id();
    }

    @Test
    void aMessageOfASessionThatIsOverIsRefusedInTheNext() throws Exception {
        connected();
        long first = sessionAtA();
        assertThat(a.node.send("B", first, "core", Inspector.numbered(1, 10))).isTrue();
        Await.until("the first arrived", () -> atB.count("core") == 1);
        b.node.close();
        cluster.start(b, Settings.DEFAULT);
        atB = new Inspector(b.node, "core", "events");
        Await.until("the next session", () -> atA.open("B") && sessionAtA() != first && atB.open("A"));
        assertThat(a.node.send("B", first, "core", Inspector.numbered(2, 10))).isFalse();
        assertThat(a.node.send("B", sessionAtA(), "core", Inspector.numbered(3, 10)))
                .isTrue();
        Await.until("the last arrived", () -> atB.count("core") == 1);
        assertThat(atB.received("core")).containsExactly(3);
    }

    @Test
    void theSessionMovesFromTheMemberAddressToThePathsWithoutEnding() {
        connected();
        for (int i = 0; i < 500; i++) {
            assertThat(a.node.send("B", "core", Inspector.numbered(i, 100))).isTrue();
            if (i == 100) {
                cluster.path("p1", a, "127.0.1.1", b, "127.0.1.2", 1);
            }
            if (i == 300) {
                cluster.path("p2", a, "127.0.2.1", b, "127.0.2.2", 2);
            }
        }
        Await.until("all arrived", () -> atB.count("core") == 500);
        assertThat(atB.received("core"))
                .isEqualTo(IntStream.range(0, 500).boxed().toList());
        assertThat(atB.sessions).hasSize(1);
    }

    @Test
    void bothSidesSendInOrder() {
        connected();
        for (int i = 0; i < 2000; i++) {
            assertThat(a.node.send("B", "core", Inspector.numbered(i, 10))).isTrue();
            assertThat(b.node.send("A", "events", Inspector.numbered(i, 10))).isTrue();
        }
        Await.until("all arrived", () -> atB.count("core") == 2000 && atA.count("events") == 2000);
        List<Integer> expected = IntStream.range(0, 2000).boxed().toList();
        assertThat(atB.received("core")).isEqualTo(expected);
        assertThat(atA.received("events")).isEqualTo(expected);
    }

    @Test
    void aFailureOfTheHandlerComesBackAsItsMessage() {
        connected();
        b.node.handle(
                "admin",
                (from, payload) -> CompletableFuture.failedFuture(new IllegalStateException("no such tag 'x'")));
        b.node.handle("command", (from, payload) -> {
            throw new IllegalArgumentException("thrown");
        });
        assertThatThrownBy(() -> a.node.request("B", "admin", text(""), LONG)
                        .toCompletableFuture()
                        .join())
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOf(Messenger.RemoteException.class)
                .hasMessage("no such tag 'x'");
        assertThatThrownBy(() -> a.node.request("B", "command", text(""), LONG)
                        .toCompletableFuture()
                        .join())
                .cause()
                .isInstanceOf(Messenger.RemoteException.class)
                .hasMessage("thrown");
    }

    @Test
    void aRequestNobodyAnswersEndsWithItsTime() {
        connected();
        b.node.handle("admin", (from, payload) -> new CompletableFuture<>());
        assertThatThrownBy(() -> a.node.request("B", "admin", text(""), Duration.ofMillis(100))
                        .toCompletableFuture()
                        .join())
                .cause()
                .isInstanceOf(Messenger.NoCommunicationException.class)
                .hasMessageContaining("did not answer within 100 milliseconds");
    }

    @Test
    void unknownAndUnreachablePeersAreRefusedAtOnce() {
        assertThat(a.node.send("C", "core", text(""))).isFalse();
        assertThatThrownBy(() -> a.node.request("C", "core", text(""), LONG)
                        .toCompletableFuture()
                        .join())
                .cause()
                .isInstanceOf(Messenger.NoCommunicationException.class);
        assertThatThrownBy(() -> a.node.send("B", "core", new byte[Messenger.MAX_PAYLOAD + 1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at most");
        assertThatThrownBy(() -> a.node.send("B", "a topic", text(""))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void messagesWaitForTheirHandler() {
        connected();
        assertThat(a.node.send("B", "admin", Inspector.numbered(7, 4))).isTrue();
        assertThat(a.node.send("B", "core", Inspector.numbered(1, 4))).isTrue();
        Await.until("the other topic passed it", () -> atB.count("core") == 1);
        CompletableFuture<byte[]> seen = new CompletableFuture<>();
        b.node.handle("admin", (from, payload) -> {
            seen.complete(payload);
            return null;
        });
        assertThat(seen.orTimeout(20, TimeUnit.SECONDS).join()).isEqualTo(Inspector.numbered(7, 4));
    }

    @Test
    void oneHandlerPerTopicAndItCanBeReplaced() {
        Registration first = b.node.handle("admin", (from, payload) -> null);
        assertThatThrownBy(() -> b.node.handle("admin", (from, payload) -> null))
                .isInstanceOf(IllegalStateException.class);
        first.close();
        first.close();
        b.node.handle("admin", (from, payload) -> null);
    }

    @Test
    void aHandlerThatHoldsItsMessageBlocksNeitherOtherTopicsNorTheSender() throws Exception {
        connected();
        CountDownLatch release = new CountDownLatch(1);
        b.node.handle("admin", (from, payload) -> {
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return null;
        });
        byte[] large = new byte[1 << 20];
        int accepted = 0;
        while (a.node.send("B", "admin", large)) {
            accepted++;
        }
        assertThat(accepted).as("bounded queue").isBetween(20, 64);
        for (int i = 0; i < 100; i++) {
            assertThat(a.node.send("B", "core", Inspector.numbered(i, 10))).isTrue();
        }
        Await.until("the urgent topic goes on", () -> atB.count("core") == 100);
        release.countDown();
        Await.until("the queue empties", () -> a.node.send("B", "admin", large));
    }

    @Test
    void sixtyMegabytesArriveAndSmallMessagesOvertakeThem() throws Exception {
        connected();
        byte[] large = new byte[60 << 20];
        Arrays.fill(large, (byte) 5);
        large[large.length - 1] = 9;
        CompletableFuture<Long> largeAt = new CompletableFuture<>();
        b.node.handle("command", (from, payload) -> {
            assertThat(payload.length).isEqualTo(large.length);
            assertThat(payload[payload.length - 1]).isEqualTo((byte) 9);
            largeAt.complete(System.nanoTime());
            return null;
        });
        assertThat(a.node.send("B", "command", large)).isTrue();
        long worst = 0;
        long smallAt = 0;
        for (int i = 0; i < 20; i++) {
            long begin = System.nanoTime();
            a.node.request("B", "core", Inspector.numbered(i, 4), LONG)
                    .toCompletableFuture()
                    .get(20, TimeUnit.SECONDS);
            long end = System.nanoTime();
            worst = Math.max(worst, end - begin);
            smallAt = i == 0 ? end : smallAt;
        }
        assertThat(largeAt.get(60, TimeUnit.SECONDS)).as("a small one overtook").isGreaterThan(smallAt);
        assertThat(Duration.ofNanos(worst))
                .as("generous: only being stuck fails")
                .isLessThan(Duration.ofSeconds(15));
    }

    @Test
    void aRestartedPeerBeginsANewSession() {
        connected();
        b.node.close();
        cluster.start(b, Settings.DEFAULT);
        Inspector again = new Inspector(b.node, "core");
        Await.until("a second session is open", () -> again.open("A") && atA.sessions.size() == 3);
        assertThat(atA.sessions).extracting(Messenger.Session::open).containsExactly(true, false, true);
        assertThat(atA.sessions.get(0).id()).isNotEqualTo(atA.sessions.get(2).id());
        assertThat(a.node.send("B", "core", Inspector.numbered(3, 4))).isTrue();
        Await.until("it arrived", () -> again.received("core").equals(List.of(3)));
    }

    @Test
    void stoppingFailsOpenRequestsAtOnceAndLeavesNoThread() {
        connected();
        b.node.handle("admin", (from, payload) -> new CompletableFuture<>());
        CompletableFuture<byte[]> open =
                a.node.request("B", "admin", text(""), LONG).toCompletableFuture();
        b.node.close();
        assertThatThrownBy(open::join)
                .cause()
                .isInstanceOf(Messenger.NoCommunicationException.class)
                .hasMessageContaining("ended");
        a.node.close();
        Await.until(
                "no thread is left",
                () -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("mainstay-comm")));
    }
}
