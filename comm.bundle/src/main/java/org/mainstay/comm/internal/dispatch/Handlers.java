package org.mainstay.comm.internal.dispatch;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Registration;

/** Handlers by topic. Thread-safe. */
public final class Handlers {
    private final Map<String, Entry> handlers = new ConcurrentHashMap<>();
    private final Set<Inbound> inbounds = ConcurrentHashMap.newKeySet();
    private final Executor pool;
    private final SessionNews news;

    /**
     * @param pool runs handlers; a thread for each topic and session at the most
     * @param news a handler begins when what was to be told before it was registered has been told
     */
    public Handlers(Executor pool, SessionNews news) {
        this.pool = pool;
        this.news = news;
    }

    private static final class Entry {
        final Messenger.Handler handler;
        volatile boolean begun;

        Entry(Messenger.Handler handler) {
            this.handler = handler;
        }
    }

    /**
     * Registers the only handler of a topic. It is given nothing before the listeners that were added until now know of the
     * sessions there are: a message of a session that its receiver does not know of yet would be taken for one that is over.
     *
     * @throws IllegalStateException if there is one
     */
    public Registration register(String topic, Messenger.Handler handler) {
        Entry entry = new Entry(handler);
        if (handlers.putIfAbsent(topic, entry) != null) {
            throw new IllegalStateException(
                    "topic '" + topic + "' has a handler already; close its registration first");
        }
        news.afterwards(() -> {
            entry.begun = true;
            inbounds.forEach(Inbound::kick);
        });
        return () -> handlers.remove(topic, entry);
    }

    /** Begins to receive for a session. */
    public Inbound open(SessionPort session) {
        Inbound inbound = new Inbound(this, session, pool);
        inbounds.add(inbound);
        return inbound;
    }

    /** Refuses what has waited longer than that for a handler. */
    public void expire(long nowNanos, long patienceNanos) {
        inbounds.forEach(inbound -> inbound.expire(nowNanos, patienceNanos));
    }

    Messenger.Handler handler(String topic) {
        Entry entry = handlers.get(topic);
        return entry != null && entry.begun ? entry.handler : null;
    }

    void closed(Inbound inbound) {
        inbounds.remove(inbound);
    }
}
