package org.mainstay.comm.internal.dispatch;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Registration;

/** Handlers by topic. Thread-safe. */
public final class Handlers {
    private final Map<String, Messenger.Handler> handlers = new ConcurrentHashMap<>();
    private final Set<Inbound> inbounds = ConcurrentHashMap.newKeySet();
    private final Executor pool;

    /** @param pool runs handlers; a thread for each topic and session at the most */
    public Handlers(Executor pool) {
        this.pool = pool;
    }

    /** Registers the only handler of a topic. @throws IllegalStateException if there is one */
    public Registration register(String topic, Messenger.Handler handler) {
        if (handlers.putIfAbsent(topic, handler) != null) {
            throw new IllegalStateException(
                    "topic '" + topic + "' has a handler already; close its registration first");
        }
        inbounds.forEach(Inbound::kick);
        return () -> handlers.remove(topic, handler);
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
        return handlers.get(topic);
    }

    void closed(Inbound inbound) {
        inbounds.remove(inbound);
    }
}
