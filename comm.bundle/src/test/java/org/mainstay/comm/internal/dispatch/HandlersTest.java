package org.mainstay.comm.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.Registration;
import org.mainstay.comm.internal.session.Incoming;
import org.mainstay.comm.internal.wire.Frame;

/** When a handler gets the messages of a session, step by step on one thread. */
class HandlersTest {
    private static final String TOPIC = "core";

    /** Tasks that a pool would run sooner or later. */
    private final Queue<Runnable> later = new ArrayDeque<>();

    private final List<String> told = new ArrayList<>();
    private final SessionNews news = new SessionNews(later::add);
    private final Handlers handlers = new Handlers(Runnable::run, news);
    private final Inbound inbound = handlers.open(new Session());

    private final class Session implements SessionPort {
        @Override
        public String peer() {
            return "B";
        }

        @Override
        public void taken(Incoming message) {
            told.add("taken");
        }

        @Override
        public void reply(Frame.Head head, byte[] payload) {
            throw new AssertionError("a message is not answered");
        }
    }

    private void runAll() {
        while (!later.isEmpty()) {
            later.poll().run();
        }
    }

    private void arrives() {
        inbound.message(new Incoming(0, new Frame.Head(Frame.Kind.MESSAGE, 0, 0, TOPIC), new byte[0]));
    }

    private Registration handle() {
        return handlers.register(TOPIC, this::message);
    }

    private CompletionStage<byte[]> message(String from, byte[] payload) {
        told.add("message of " + from);
        return null;
    }

    /** A receiver that is replaced while a session lasts: core, whose peer says hello only once. */
    @Test
    void whoComesLaterKnowsOfTheSessionBeforeItsMessages() {
        news.opened("B", 7, inbound);
        runAll();
        arrives();
        news.listen(session -> told.add("session " + session.id()));
        handle();
        assertThat(told).as("neither before its turn").isEmpty();
        runAll();
        assertThat(told).containsExactly("session 7", "message of B", "taken");
    }

    @Test
    void whatArrivesWhileTheNewsWaitsWaitsToo() {
        news.opened("B", 7, inbound);
        runAll();
        news.listen(session -> told.add("session " + session.id()));
        handle();
        arrives();
        assertThat(told).isEmpty();
        runAll();
        assertThat(told).containsExactly("session 7", "message of B", "taken");
    }

    @Test
    void aTopicHasOneHandlerFromItsRegistrationToItsEnd() {
        Registration first = handle();
        assertThatThrownBy(this::handle)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("'core'");
        first.close();
        news.opened("B", 7, inbound);
        runAll();
        arrives();
        assertThat(told).as("it went before it began").isEmpty();
        handle();
        runAll();
        assertThat(told).containsExactly("message of B", "taken");
    }
}
