package org.mainstay.core.internal.node;

import com.google.gson.JsonParseException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Registration;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.internal.lcd.PolymorphicCodec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to the other servers. The messenger may come late and go at any time (an upgrade of comm): then every session is over.
 * Thread-safe; never blocks.
 */
public final class PeerLinks {
    /** Topic of the decision core's messages. */
    public static final String CORE_TOPIC = "core";

    private static final Logger LOG = LoggerFactory.getLogger(PeerLinks.class);
    private static final long RETRY_MILLIS = 10;

    private final PolymorphicCodec<CoreMessage> codec;
    private final Consumer<Event> loop;
    private final ScheduledExecutorService timer;
    private final Map<String, Messenger.Handler> handlers = new TreeMap<>();
    private final List<BiConsumer<String, Boolean>> watchers = new ArrayList<>();

    // guarded by this
    private Messenger messenger;
    private List<Registration> registrations = List.of();
    private final Map<String, Open> sessions = new TreeMap<>();
    private long told;

    /** Keeps core messages in order. Never taken by what the messenger calls, as it may hold locks of its own. */
    private final Object sending = new Object();
    /** Core messages the messenger did not take yet: within a session none may be lost (flow control). */
    private final Map<String, Backlog> backlog = new HashMap<>();

    /**
     * A session that is open.
     *
     * @param number what the core knows it by: another messenger may begin again with the same ids
     * @param id the messenger's
     */
    private record Open(long number, long id) {}

    /** @param session number */
    private record Backlog(long session, Deque<byte[]> messages) {}

    /**
     * Keeps news of sessions in order. Not the lock of the sessions themselves: whoever is told may hold a lock of its own while
     * another thread that holds that lock asks for the sessions.
     */
    private final Object telling = new Object();

    /** @param timer runs short tasks only */
    PeerLinks(PolymorphicCodec<CoreMessage> codec, Consumer<Event> loop, ScheduledExecutorService timer) {
        this.codec = codec;
        this.loop = loop;
        this.timer = timer;
        handlers.put(CORE_TOPIC, this::coreMessage);
    }

    /** Sets the handler of a topic, before any messenger is there. */
    public void handle(String topic, Messenger.Handler handler) {
        handlers.put(topic, handler);
    }

    /** Calls the watcher with each session that begins (true) or ends, before any messenger is there; it must be quick. */
    public void watch(BiConsumer<String, Boolean> watcher) {
        watchers.add(watcher);
    }

    /** The messenger is there; replaces the one before. */
    void attach(Messenger fresh) {
        detach(null);
        synchronized (this) {
            messenger = fresh;
        }
        // First: the core drops a message whose session it has not been told of, and nobody sends a hello twice.
        Registration sessionNews = fresh.sessions(session -> session(fresh, session));
        synchronized (this) {
            List<Registration> made = new ArrayList<>();
            made.add(sessionNews);
            handlers.forEach((topic, handler) -> made.add(fresh.handle(topic, handler)));
            registrations = made;
        }
    }

    /** The messenger goes; nothing happens if it is not the present one. @param gone null for whichever is there */
    void detach(Messenger gone) {
        List<Registration> old;
        synchronized (telling) {
            List<String> ended;
            synchronized (this) {
                if (messenger == null || (gone != null && !messenger.equals(gone))) {
                    return;
                }
                messenger = null;
                old = registrations;
                registrations = List.of();
                ended = List.copyOf(sessions.keySet());
                sessions.clear();
            }
            ended.forEach(peer -> tell(peer, null));
        }
        old.forEach(Registration::close);
    }

    private void session(Messenger from, Messenger.Session session) {
        synchronized (telling) {
            boolean ends;
            Open begun = null;
            synchronized (this) {
                if (!from.equals(messenger)) {
                    return;
                }
                Open known = sessions.get(session.peer());
                boolean same = known != null && known.id() == session.id();
                ends = known != null && same != session.open();
                if (ends) {
                    sessions.remove(session.peer());
                }
                if (session.open() && !same) {
                    begun = new Open(++told, session.id());
                    sessions.put(session.peer(), begun);
                }
            }
            if (ends) {
                tell(session.peer(), null);
            }
            if (begun != null) {
                tell(session.peer(), begun);
            }
        }
    }

    /** @param begun null if the session ended */
    private void tell(String peer, Open begun) {
        boolean open = begun != null;
        loop.accept(open ? new Event.SessionOpened(peer, begun.number()) : new Event.SessionClosed(peer));
        watchers.forEach(watcher -> watcher.accept(peer, open));
    }

    private CompletionStage<byte[]> coreMessage(String from, byte[] payload) {
        CoreMessage message;
        try {
            message = codec.decodeBytes(payload);
        } catch (JsonParseException | IllegalArgumentException e) {
            LOG.error("{} sent a message that this release does not understand: {}", from, e.getMessage());
            return CompletableFuture.completedFuture(new byte[0]);
        }
        loop.accept(new Event.MessageReceived(from, message));
        return CompletableFuture.completedFuture(new byte[0]);
    }

    /**
     * Sends a message of the decision core within a session; dropped if that is over: in the next one it would come ahead of the
     * hello.
     *
     * @param session as {@link Event.SessionOpened} named it
     */
    void send(String peer, long session, CoreMessage message) {
        synchronized (sending) {
            Messenger now;
            Open present;
            synchronized (this) {
                now = messenger;
                present = sessions.get(peer);
            }
            if (now == null || present == null || present.number() != session) {
                return;
            }
            byte[] payload = codec.encodeBytes(message);
            Backlog waiting = backlog.get(peer);
            if (waiting != null && waiting.session() == session) {
                waiting.messages().add(payload);
            } else if (!sent(now, peer, present.id(), payload)) {
                Backlog first = new Backlog(session, new ArrayDeque<>());
                first.messages().add(payload);
                backlog.put(peer, first);
                retryLater(peer);
            }
        }
    }

    /**
     * The next session may be open before it is told of. A messenger that is being replaced may fail in any way: its session ends
     * soon, until then the message waits.
     */
    private static boolean sent(Messenger messenger, String peer, long id, byte[] payload) {
        try {
            return messenger.send(peer, id, CORE_TOPIC, payload);
        } catch (RuntimeException | LinkageError e) {
            LOG.warn("a message to {} could not be handed over and is tried again", peer, e);
            return false;
        }
    }

    private void retryLater(String peer) {
        if (!timer.isShutdown()) {
            timer.schedule(() -> retry(peer), RETRY_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void retry(String peer) {
        synchronized (sending) {
            Messenger now;
            Open present;
            synchronized (this) {
                now = messenger;
                present = sessions.get(peer);
            }
            Backlog waiting = backlog.get(peer);
            if (waiting == null) {
                return;
            }
            if (now == null || present == null || present.number() != waiting.session()) {
                backlog.remove(peer);
                return;
            }
            while (!waiting.messages().isEmpty()
                    && sent(now, peer, present.id(), waiting.messages().peek())) {
                waiting.messages().remove();
            }
            if (waiting.messages().isEmpty()) {
                backlog.remove(peer);
            } else {
                retryLater(peer);
            }
        }
    }

    /** Sends a message of any other topic to everybody there is a session with; what does not get through is lost. */
    public void broadcast(String topic, byte[] payload) {
        for (String peer : peers()) {
            sendTo(peer, topic, payload);
        }
    }

    /** Sends a message of any other topic. @return whether it is on its way */
    public boolean sendTo(String peer, String topic, byte[] payload) {
        Messenger now;
        synchronized (this) {
            now = messenger;
        }
        return now != null && now.send(peer, topic, payload);
    }

    /** Sends a request; see {@link Messenger#request}. */
    public CompletionStage<byte[]> request(String peer, String topic, byte[] payload, Duration limit) {
        Messenger now;
        synchronized (this) {
            now = messenger;
        }
        if (now == null) {
            return CompletableFuture.failedFuture(new Messenger.NoCommunicationException(
                    "this server has no communication with others at the moment"));
        }
        return now.request(peer, topic, payload, limit);
    }

    /** Returns the servers there is a session with. */
    public synchronized List<String> peers() {
        return List.copyOf(sessions.keySet());
    }
}
