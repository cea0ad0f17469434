package org.mainstay.comm.internal.dispatch;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.mainstay.cluster.Messenger;
import org.mainstay.comm.internal.session.Incoming;
import org.mainstay.comm.internal.wire.Frame;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Messages of one session on their way to handlers. Thread-safe. */
public final class Inbound {
    private static final Logger LOG = LoggerFactory.getLogger(Inbound.class);
    private static final int LONGEST_FAILURE = 4096;

    private final Handlers handlers;
    private final SessionPort session;
    private final Executor pool;
    private final Map<Integer, Lane> lanes = new ConcurrentHashMap<>();
    private volatile boolean begun;
    private volatile boolean ended;

    Inbound(Handlers handlers, SessionPort session, Executor pool) {
        this.handlers = handlers;
        this.session = session;
        this.pool = pool;
    }

    /** Takes a message or request from the I/O thread. */
    public void message(Incoming message) {
        lanes.computeIfAbsent(message.lane(), number -> new Lane(message.head().topic()))
                .add(message);
    }

    /** The listeners were told of the session: handing over may begin. */
    public void begin() {
        begun = true;
        kick();
    }

    /** Stops handing over; returns when no handler is inside, but after a second at the latest. */
    public void end() {
        ended = true;
        handlers.closed(this);
        lanes.values().forEach(Lane::awaitQuiet);
    }

    void kick() {
        lanes.values().forEach(Lane::kick);
    }

    void expire(long nowNanos, long patienceNanos) {
        lanes.values().forEach(lane -> lane.expire(nowNanos, patienceNanos));
    }

    private final class Lane {
        private final String topic;
        private final ArrayDeque<Incoming> queue = new ArrayDeque<>();
        private final ReentrantLock inHandler = new ReentrantLock();
        private boolean running;
        private boolean parked;
        private long parkedAt;

        Lane(String topic) {
            this.topic = topic;
        }

        void add(Incoming message) {
            synchronized (queue) {
                queue.add(message);
            }
            kick();
        }

        void kick() {
            synchronized (queue) {
                if (running || !begun || ended || queue.isEmpty()) {
                    return;
                }
                if (handlers.handler(topic) == null) {
                    if (!parked) {
                        parked = true;
                        parkedAt = System.nanoTime();
                    }
                    return;
                }
                parked = false;
                running = true;
            }
            pool.execute(this::drain);
        }

        private void drain() {
            while (true) {
                Incoming message;
                Messenger.Handler handler = handlers.handler(topic);
                synchronized (queue) {
                    message = handler == null || ended ? null : queue.poll();
                    if (message == null) {
                        running = false;
                        break;
                    }
                }
                inHandler.lock();
                try {
                    if (!ended) {
                        hand(handler, message);
                    }
                } finally {
                    inHandler.unlock();
                }
                session.taken(message);
            }
            kick(); // a handler or message may have come since
        }

        void expire(long nowNanos, long patienceNanos) {
            List<Incoming> refused = new ArrayList<>();
            synchronized (queue) {
                if (!parked || running || nowNanos - parkedAt < patienceNanos) {
                    return;
                }
                parked = false;
                refused.addAll(queue);
                queue.clear();
            }
            LOG.warn(
                    "{} messages of {} were dropped: nothing here handles topic '{}'",
                    refused.size(),
                    session.peer(),
                    topic);
            for (Incoming message : refused) {
                fail(message.head(), "nothing handles '" + topic + "' there; is the feature installed on that server?");
                session.taken(message);
            }
        }

        void awaitQuiet() {
            synchronized (queue) {
                queue.clear();
            }
            try {
                if (inHandler.tryLock(1, TimeUnit.SECONDS)) {
                    inHandler.unlock();
                } else {
                    LOG.warn("the handler of topic '{}' holds a message of {} too long", topic, session.peer());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void hand(Messenger.Handler handler, Incoming message) {
        Frame.Head head = message.head();
        CompletionStage<byte[]> answer;
        try {
            answer = handler.handle(session.peer(), message.payload());
        } catch (RuntimeException | Error e) {
            // Error too: with this thread the topic would stand still for the whole session.
            LOG.error("the handler of topic '{}' failed on a message of {}", head.topic(), session.peer(), e);
            fail(head, describe(e));
            return;
        }
        if (head.kind() != Frame.Kind.REQUEST) {
            return;
        }
        if (answer == null) {
            fail(head, "the handler of '" + head.topic() + "' gave no answer");
            return;
        }
        answer.whenComplete((bytes, error) -> {
            if (error != null) {
                fail(head, describe(error));
            } else {
                answer(head, bytes == null ? new byte[0] : bytes);
            }
        });
    }

    private void answer(Frame.Head head, byte[] bytes) {
        if (bytes.length > Messenger.MAX_PAYLOAD) {
            fail(head, "the answer of " + bytes.length + " bytes is longer than " + Messenger.MAX_PAYLOAD);
            return;
        }
        session.reply(new Frame.Head(Frame.Kind.ANSWER, head.correlation(), bytes.length, head.topic()), bytes);
    }

    private void fail(Frame.Head head, String message) {
        if (head.kind() != Frame.Kind.REQUEST) {
            return;
        }
        String cut = message.length() > LONGEST_FAILURE ? message.substring(0, LONGEST_FAILURE) : message;
        byte[] text = cut.getBytes(StandardCharsets.UTF_8);
        session.reply(new Frame.Head(Frame.Kind.FAILURE, head.correlation(), text.length, head.topic()), text);
    }

    private static String describe(Throwable error) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        return cause.getMessage() == null || cause.getMessage().isBlank()
                ? cause.getClass().getSimpleName()
                : cause.getMessage();
    }
}
