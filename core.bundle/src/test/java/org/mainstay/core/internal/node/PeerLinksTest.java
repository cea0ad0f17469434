package org.mainstay.core.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Registration;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.internal.lcd.LcdCodec;
import org.mainstay.core.internal.lcd.PolymorphicCodec;

/** What the core's loop is told by the messenger, in which order. */
class PeerLinksTest {
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final PolymorphicCodec<CoreMessage> codec = new LcdCodec().polymorphic(CoreMessage.class);
    private final List<Event> told = new ArrayList<>();
    private final PeerLinks links = new PeerLinks(codec, told::add, timer);

    @AfterEach
    void stop() {
        timer.shutdownNow();
    }

    /**
     * A session with B exists, and a message of it waits for its handler: core was just replaced. It tells of sessions and hands over
     * messages as soon as the contract of {@link Messenger} allows.
     */
    private final class Eager implements Messenger {
        private final List<CoreMessage> sent = new ArrayList<>();
        private Consumer<Session> listener;
        /** Of the session that is open, whatever was told. */
        private long open = 7;

        private boolean full;

        @Override
        public synchronized boolean send(String peer, String topic, byte[] payload) {
            return !full && sent.add(codec.decodeBytes(payload));
        }

        @Override
        public synchronized boolean send(String peer, long session, String topic, byte[] payload) {
            return session == open && send(peer, topic, payload);
        }

        private synchronized void next(boolean nowFull) {
            open++;
            full = nowFull;
        }

        @Override
        public CompletionStage<byte[]> request(String peer, String topic, byte[] payload, Duration limit) {
            return CompletableFuture.failedFuture(new NoCommunicationException("nobody is asked here"));
        }

        @Override
        public Registration handle(String topic, Handler handler) {
            handler.handle("B", codec.encodeBytes(new CoreMessage.AskSnapshot()));
            return () -> {};
        }

        @Override
        public Registration sessions(Consumer<Session> newest) {
            listener = newest;
            listener.accept(new Session("B", 7, true));
            return () -> {};
        }
    }

    /** The decision core drops messages without a session, and a peer that is not told so says hello only once. */
    @Test
    void aSessionIsKnownBeforeTheMessagesThatWaitedForTheCore() {
        links.attach(new Eager());
        assertThat(told)
                .containsExactly(
                        new Event.SessionOpened("B", 1), new Event.MessageReceived("B", new CoreMessage.AskSnapshot()));
    }

    /** Lets what waits be tried once more. */
    private void triedAgain() throws InterruptedException {
        timer.shutdown();
        assertThat(timer.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
    }

    /** It would come ahead of the hello, and the peer would take it for a word of the new session. */
    @Test
    void whatBelongsToASessionThatIsOverIsNotSentInTheNext() throws Exception {
        Eager messenger = new Eager();
        links.attach(messenger);
        messenger.next(false);
        links.send("B", 1, new CoreMessage.AskSnapshot());
        messenger.listener.accept(new Messenger.Session("B", 7, false));
        messenger.listener.accept(new Messenger.Session("B", 8, true));
        CoreMessage ofTheNext = new CoreMessage.ClaimWithdrawn("group", Map.of());
        links.send("B", 2, ofTheNext);
        triedAgain();
        assertThat(messenger.sent).containsExactly(ofTheNext);
    }

    @Test
    void whatWaitedForRoomIsNotSentInTheNextSession() throws Exception {
        Eager messenger = new Eager();
        messenger.full = true;
        links.attach(messenger);
        links.send("B", 1, new CoreMessage.AskSnapshot());
        messenger.next(false);
        triedAgain();
        assertThat(messenger.sent).isEmpty();
    }

    /** The core decided it before it was told that the session is over; another messenger begins with the same ids. */
    @Test
    void whatWasDecidedInASessionThatIsOverIsNotSentInTheNext() {
        links.attach(new Eager());
        Eager next = new Eager();
        links.attach(next);
        links.send("B", 1, new CoreMessage.AskSnapshot());
        assertThat(next.sent).isEmpty();
        CoreMessage ofTheNext = new CoreMessage.ClaimWithdrawn("group", Map.of());
        links.send("B", 2, ofTheNext);
        assertThat(next.sent).containsExactly(ofTheNext);
    }

    @Test
    void theNextMessengerEndsTheSessionsOfTheOneBefore() {
        links.attach(new Eager());
        told.clear();
        links.attach(new Eager());
        assertThat(told)
                .containsExactly(
                        new Event.SessionClosed("B"),
                        new Event.SessionOpened("B", 2),
                        new Event.MessageReceived("B", new CoreMessage.AskSnapshot()));
    }
}
