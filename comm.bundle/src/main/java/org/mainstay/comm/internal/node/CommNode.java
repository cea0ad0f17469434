package org.mainstay.comm.internal.node;

import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Registration;
import org.mainstay.comm.internal.dispatch.Handlers;
import org.mainstay.comm.internal.dispatch.SessionNews;
import org.mainstay.comm.internal.dispatch.SessionPort;
import org.mainstay.comm.internal.identity.Identity;
import org.mainstay.comm.internal.net.Loop;
import org.mainstay.comm.internal.net.Network;
import org.mainstay.comm.internal.net.PeerSession;
import org.mainstay.comm.internal.net.SessionEvents;
import org.mainstay.comm.internal.net.Settings;
import org.mainstay.comm.internal.session.Incoming;
import org.mainstay.comm.internal.wire.Frame;
import org.mainstay.comm.internal.wire.FrameCodec;

/** The messenger of a server with an identity. Thread-safe. */
public final class CommNode implements Messenger, AutoCloseable {
    private final Loop loop = new Loop();
    private final Map<String, PeerSession> open = new ConcurrentHashMap<>();
    private final SessionNews news = new SessionNews(loop.handlers());
    private final Handlers handlers = new Handlers(loop.handlers(), news);
    private final Network network;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** @param proved told each certificate that a member proved to own, on a thread that may be slow */
    public CommNode(Identity identity, Settings settings, Consumer<X509Certificate> proved) {
        network = new Network(identity, settings, loop, new Events(proved));
        long patience = settings.handlerPatience().toNanos();
        loop.repeat(() -> handlers.expire(System.nanoTime(), patience), Math.max(100, patience / 4_000_000));
    }

    /** Returns the connections. */
    public Network network() {
        return network;
    }

    /** Returns the threads. */
    public Loop loop() {
        return loop;
    }

    @Override
    public boolean send(String peer, String topic, byte[] payload) {
        check(topic, payload);
        PeerSession session = open.get(peer);
        return session != null && offer(session, Frame.Kind.MESSAGE, 0, topic, payload);
    }

    @Override
    public boolean send(String peer, long id, String topic, byte[] payload) {
        check(topic, payload);
        PeerSession session = open.get(peer);
        return session != null && session.id() == id && offer(session, Frame.Kind.MESSAGE, 0, topic, payload);
    }

    @Override
    public CompletionStage<byte[]> request(String peer, String topic, byte[] payload, Duration limit) {
        check(topic, payload);
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        PeerSession session = open.get(peer);
        if (session == null) {
            answer.completeExceptionally(new NoCommunicationException("there is no connection with " + peer));
            return answer;
        }
        long correlation = session.requests().add(answer);
        if (!offer(session, Frame.Kind.REQUEST, correlation, topic, payload)) {
            session.requests()
                    .fail(correlation, "too much waits to be sent to " + peer + ", or the connection just ended");
            return answer;
        }
        ScheduledFuture<?> timer = loop.schedule(
                () -> session.requests()
                        .fail(correlation, peer + " did not answer within " + limit.toMillis() + " milliseconds"),
                limit.toMillis());
        if (timer != null) {
            answer.whenComplete((bytes, error) -> timer.cancel(false)); // or it would hold what was answered until then
        }
        return answer;
    }

    private static void check(String topic, byte[] payload) {
        if (topic.isEmpty() || topic.length() > FrameCodec.MAX_TOPIC || !topic.matches("[A-Za-z0-9._-]+")) {
            throw new IllegalArgumentException("a topic has 1 to " + FrameCodec.MAX_TOPIC
                    + " letters, digits, dots, dashes or underscores, not '" + topic + "'");
        }
        if (payload.length > MAX_PAYLOAD) {
            throw new IllegalArgumentException(
                    "a payload has at most " + MAX_PAYLOAD + " bytes, not " + payload.length + ": send it in parts");
        }
    }

    private boolean offer(PeerSession session, Frame.Kind kind, long correlation, String topic, byte[] payload) {
        Frame.Head head = new Frame.Head(kind, correlation, payload.length, topic);
        boolean answer = kind == Frame.Kind.ANSWER || kind == Frame.Kind.FAILURE;
        boolean accepted = session.outbox().offer(head, payload, answer);
        if (accepted) {
            network.wake(session);
        }
        return accepted;
    }

    @Override
    public Registration handle(String topic, Handler handler) {
        return handlers.register(topic, handler);
    }

    @Override
    public Registration sessions(Consumer<Messenger.Session> listener) {
        return news.listen(listener);
    }

    /** Ends all sessions and threads; returns when they have ended. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        network.close();
        loop.close();
    }

    private final class Events implements SessionEvents {
        private final Consumer<X509Certificate> proved;

        Events(Consumer<X509Certificate> proved) {
            this.proved = proved;
        }

        @Override
        public void opened(PeerSession session) {
            session.inbound(handlers.open(new Port(session)));
            open.put(session.peer(), session);
            news.opened(session.peer(), session.id(), session.inbound());
        }

        @Override
        public void ended(PeerSession session, String reason) {
            open.remove(session.peer(), session);
            news.ended(session.peer(), session.id(), session.inbound());
        }

        @Override
        public void arrived(PeerSession session, Incoming message) {
            session.inbound().message(message);
        }

        @Override
        public void proved(X509Certificate certificate) {
            loop.handlers().execute(() -> proved.accept(certificate));
        }
    }

    private final class Port implements SessionPort {
        private final PeerSession session;

        Port(PeerSession session) {
            this.session = session;
        }

        @Override
        public String peer() {
            return session.peer();
        }

        @Override
        public void taken(Incoming message) {
            session.taken(message);
            network.taken(session);
        }

        @Override
        public void reply(Frame.Head head, byte[] payload) {
            if (!offer(session, head.kind(), head.correlation(), head.topic(), payload)
                    && head.kind() == Frame.Kind.ANSWER) {
                byte[] text = "too many answers wait to be sent".getBytes(StandardCharsets.UTF_8);
                offer(session, Frame.Kind.FAILURE, head.correlation(), head.topic(), text);
            }
        }
    }
}
