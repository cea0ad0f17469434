package org.mainstay.comm.internal.dispatch;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.mainstay.cluster.Messenger.Session;
import org.mainstay.cluster.Registration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells listeners of sessions, everything in one order. Thread-safe. */
public final class SessionNews {
    private static final Logger LOG = LoggerFactory.getLogger(SessionNews.class);
    private final SerialExecutor order;
    /** Touched only inside {@link #order}. */
    private final Set<Entry> listeners = new LinkedHashSet<>();
    /** Touched only inside {@link #order}. */
    private final Map<Long, Session> open = new LinkedHashMap<>();

    public SessionNews(Executor pool) {
        order = new SerialExecutor(pool);
    }

    private static final class Entry {
        final Consumer<Session> listener;
        volatile boolean closed;

        Entry(Consumer<Session> listener) {
            this.listener = listener;
        }
    }

    /** Adds a listener; it is told of the sessions that exist. */
    public Registration listen(Consumer<Session> listener) {
        Entry entry = new Entry(listener);
        order.execute(() -> {
            listeners.add(entry);
            open.values().forEach(session -> tell(entry, session));
        });
        return () -> {
            entry.closed = true;
            order.execute(() -> listeners.remove(entry));
        };
    }

    /** Tells of a session, then lets its messages through. */
    public void opened(String peer, long id, Inbound inbound) {
        order.execute(() -> {
            Session session = new Session(peer, id, true);
            open.put(id, session);
            listeners.forEach(entry -> tell(entry, session));
            inbound.begin();
        });
    }

    /** Stops the messages of a session, then tells of its end. */
    public void ended(String peer, long id, Inbound inbound) {
        order.execute(() -> {
            inbound.end();
            open.remove(id);
            listeners.forEach(entry -> tell(entry, new Session(peer, id, false)));
        });
    }

    /** Runs a task when everything that is to be told by now has been told. */
    void afterwards(Runnable task) {
        order.execute(task);
    }

    private static void tell(Entry entry, Session session) {
        if (entry.closed) {
            return;
        }
        try {
            entry.listener.accept(session);
        } catch (RuntimeException | LinkageError e) {
            LOG.error("a listener of sessions failed on {}", session, e);
        }
    }
}
