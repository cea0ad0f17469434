package org.mainstay.core.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.internal.lcd.LcdCodec;

/** A server with a damaged database goes on asking those it can reach (I3). */
class RepairingTest {
    /** What is to be done later is done when the test says so. */
    private static final class Later extends ScheduledThreadPoolExecutor {
        private final List<Runnable> due = new CopyOnWriteArrayList<>();

        Later() {
            super(1);
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            due.add(task);
            return super.schedule(() -> {}, 0, unit);
        }

        void pass() {
            List<Runnable> now = List.copyOf(due);
            due.clear();
            now.forEach(Runnable::run);
        }
    }

    private final Later timer = new Later();
    private final LcdCodec codec = new LcdCodec();
    private final PeerLinks links = new PeerLinks(codec.polymorphic(CoreMessage.class), event -> {}, timer);
    private final Busy messenger = new Busy();
    private final List<Lcd> repaired = new CopyOnWriteArrayList<>();
    private final Repairing repairing = new Repairing(new Copies(), Set.of("B"), links, codec, timer, repaired::add);

    @AfterEach
    void stop() {
        timer.shutdownNow();
    }

    private static final class Copies implements Repair {
        @Override
        public String sentence() {
            return "damaged";
        }

        @Override
        public boolean covers(Lcd copy) {
            return true;
        }

        @Override
        public Lcd repair(Collection<Lcd> copies) {
            return copies.iterator().next();
        }

        @Override
        public Map<String, Lcd> peers() {
            return Map.of();
        }
    }

    /** There is a session with B, which fails requests until it works. */
    private final class Busy implements Messenger {
        private Consumer<Session> listener;
        private boolean works;
        private int asked;

        @Override
        public boolean send(String peer, String topic, byte[] payload) {
            return true;
        }

        @Override
        public boolean send(String peer, long session, String topic, byte[] payload) {
            return send(peer, topic, payload);
        }

        @Override
        public CompletionStage<byte[]> request(String peer, String topic, byte[] payload, Duration limit) {
            asked++;
            return works
                    ? CompletableFuture.completedFuture(
                            codec.encode(Lcd.empty("A", 1)).getBytes(StandardCharsets.UTF_8))
                    : CompletableFuture.failedFuture(new NoCommunicationException("nothing handles 'copy'"));
        }

        @Override
        public Registration handle(String topic, Handler handler) {
            return () -> {};
        }

        @Override
        public Registration sessions(Consumer<Session> newest) {
            listener = newest;
            newest.accept(new Session("B", 1, true));
            return () -> {};
        }
    }

    private void connected() {
        links.watch((peer, open) -> {
            if (open) {
                repairing.reached(peer);
            }
        });
        links.attach(messenger);
    }

    @Test
    void aPeerThatCouldNotAnswerIsAskedAgainInTheSameSession() {
        connected();
        timer.pass();
        assertThat(messenger.asked).isEqualTo(2);
        messenger.works = true;
        timer.pass();
        assertThat(repaired).hasSize(1);
        timer.pass();
        assertThat(messenger.asked).as("what is repaired asks nobody").isEqualTo(3);
    }

    @Test
    void aPeerThatIsAwayIsNotAskedAndEachSessionAsksOnItsOwn() {
        connected();
        messenger.listener.accept(new Messenger.Session("B", 1, false));
        timer.pass();
        assertThat(messenger.asked).isEqualTo(1);
        messenger.listener.accept(new Messenger.Session("B", 2, true));
        messenger.listener.accept(new Messenger.Session("B", 2, false));
        messenger.listener.accept(new Messenger.Session("B", 3, true));
        assertThat(messenger.asked).isEqualTo(3);
        timer.pass();
        assertThat(messenger.asked)
                .as("the newest session's question alone is repeated")
                .isEqualTo(4);
    }
}
