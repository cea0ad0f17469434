package org.mainstay.core.internal.node;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Registration;
import org.mainstay.core.internal.run.Threads;

/** Messages between runtimes of one process: in order, once, lost when the session ends. */
final class FakeMessenger implements Messenger, AutoCloseable {
    private final String self;
    private final ExecutorService deliveries;
    private final Map<String, Handler> handlers = new ConcurrentHashMap<>();
    private final List<Consumer<Session>> listeners = new CopyOnWriteArrayList<>();
    private final Map<String, FakeMessenger> connected = new HashMap<>();
    private final Map<String, Long> sessions = new HashMap<>();
    private volatile BiPredicate<String, byte[]> filter = (topic, payload) -> true;

    FakeMessenger(String self) {
        this.self = self;
        this.deliveries = Executors.newSingleThreadExecutor(Threads.named("test-messages-" + self));
    }

    /** Connects two; the session begins on both sides. */
    static void connect(FakeMessenger a, FakeMessenger b, long session) {
        // Nobody may send before the other side's news is queued: a session's news comes before its first message.
        CountDownLatch both = new CountDownLatch(2);
        a.opened(b, session, both);
        b.opened(a, session, both);
    }

    /** Messages for which the filter says no are lost, as with a message lost in a dying session. */
    void deliverOnly(BiPredicate<String, byte[]> wanted) {
        filter = wanted;
    }

    private void opened(FakeMessenger peer, long session, CountDownLatch both) {
        synchronized (this) {
            connected.put(peer.self, peer);
            sessions.put(peer.self, session);
        }
        later(() -> {
            try {
                both.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            listeners.forEach(listener -> listener.accept(new Session(peer.self, session, true)));
        });
        both.countDown();
    }

    /** Ends the session on both sides; what was not delivered is lost. */
    static void disconnect(FakeMessenger a, FakeMessenger b) {
        a.ended(b.self);
        b.ended(a.self);
    }

    private void ended(String peer) {
        Long session;
        synchronized (this) {
            connected.remove(peer);
            session = sessions.remove(peer);
        }
        if (session != null) {
            later(() -> listeners.forEach(listener -> listener.accept(new Session(peer, session, false))));
        }
    }

    private void later(Runnable what) {
        try {
            deliveries.execute(what);
        } catch (RejectedExecutionException e) {
            throw new IllegalStateException("the messenger of " + self + " is closed", e);
        }
    }

    private synchronized long session(String peer) {
        return sessions.getOrDefault(peer, 0L);
    }

    @Override
    public synchronized boolean send(String peer, String topic, byte[] payload) {
        FakeMessenger other = connected.get(peer);
        if (other == null) {
            return false;
        }
        if (filter.test(topic, payload)) {
            long session = sessions.get(peer);
            other.deliver(self, session, topic, payload, new CompletableFuture<>());
        }
        return true;
    }

    @Override
    public synchronized boolean send(String peer, long session, String topic, byte[] payload) {
        return sessions.getOrDefault(peer, -1L) == session && send(peer, topic, payload);
    }

    private void deliver(String from, long session, String topic, byte[] payload, CompletableFuture<byte[]> answer) {
        try {
            deliveries.execute(() -> {
                Handler handler = handlers.get(topic);
                if (session != session(from) || handler == null) {
                    answer.completeExceptionally(new NoCommunicationException("the session ended"));
                    return;
                }
                handler.handle(from, payload).whenComplete((bytes, error) -> {
                    if (error != null) {
                        answer.completeExceptionally(new RemoteException(String.valueOf(error.getMessage())));
                    } else {
                        answer.complete(bytes);
                    }
                });
            });
        } catch (RejectedExecutionException e) {
            answer.completeExceptionally(new NoCommunicationException("the peer is gone: " + e.getMessage()));
        }
    }

    @Override
    public CompletionStage<byte[]> request(String peer, String topic, byte[] payload, Duration limit) {
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        FakeMessenger other;
        long session;
        synchronized (this) {
            other = connected.get(peer);
            session = sessions.getOrDefault(peer, 0L);
        }
        if (other == null) {
            answer.completeExceptionally(new NoCommunicationException("no session with " + peer));
        } else if (filter.test(topic, payload)) {
            other.deliver(self, session, topic, payload, answer);
        }
        return answer.orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS).exceptionallyCompose(error -> {
            Throwable cause = error instanceof java.util.concurrent.TimeoutException
                    ? new NoCommunicationException("no answer from " + peer)
                    : error;
            return CompletableFuture.failedFuture(cause);
        });
    }

    @Override
    public Registration handle(String topic, Handler handler) {
        handlers.put(topic, handler);
        return () -> handlers.remove(topic, handler);
    }

    @Override
    public synchronized Registration sessions(Consumer<Session> listener) {
        listeners.add(listener);
        Map<String, Long> known = new HashMap<>(sessions);
        later(() -> known.forEach((peer, id) -> listener.accept(new Session(peer, id, true))));
        return () -> listeners.remove(listener);
    }

    @Override
    public void close() {
        deliveries.shutdownNow();
    }
}
