package org.mainstay.shell.testing;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Registration;

/** Servers that reach each other: in order, each on a thread of its own, until the network is cut. */
public final class FakeNetwork implements AutoCloseable {
    private final Map<String, Server> servers = new HashMap<>();
    private volatile boolean up = true;
    private volatile boolean late;
    private volatile int refuseEvery = Integer.MAX_VALUE;
    private final AtomicInteger sent = new AtomicInteger();

    /** Returns the messenger of a server. */
    public synchronized Messenger of(String name) {
        return servers.computeIfAbsent(name, Server::new);
    }

    /** Ends all sessions. */
    public void cut() {
        up = false;
        for (Server server : List.copyOf(servers.values())) {
            for (String peer : List.copyOf(servers.keySet())) {
                if (!peer.equals(server.name)) {
                    server.sessions.forEach(listener -> listener.accept(new Messenger.Session(peer, 1, false)));
                }
            }
        }
    }

    /** Lets every so manieth message find a full queue. */
    public void refuseEvery(int value) {
        refuseEvery = value;
    }

    /** Lets messages arrive whose answers come too late. */
    public void answersLate() {
        late = true;
    }

    @Override
    public void close() {
        servers.values().forEach(server -> server.thread.shutdownNow());
    }

    private final class Server implements Messenger {
        private final String name;
        private final Map<String, Handler> handlers = new ConcurrentHashMap<>();
        private final List<Consumer<Session>> sessions = new CopyOnWriteArrayList<>();
        private final ExecutorService thread = Executors.newSingleThreadExecutor();

        Server(String name) {
            this.name = name;
        }

        @Override
        public boolean send(String peer, String topic, byte[] payload) {
            if (!up || sent.incrementAndGet() % refuseEvery == 0) {
                return false;
            }
            Server target = servers.get(peer);
            target.thread.execute(() -> {
                Handler handler = target.handlers.get(topic);
                if (handler != null) {
                    handler.handle(name, payload);
                }
            });
            return true;
        }

        @Override
        public boolean send(String peer, long session, String topic, byte[] payload) {
            return send(peer, topic, payload);
        }

        @Override
        public CompletionStage<byte[]> request(String peer, String topic, byte[] payload, Duration limit) {
            if (!up) {
                return CompletableFuture.failedFuture(new NoCommunicationException("no session"));
            }
            Server target = servers.get(peer);
            CompletableFuture<byte[]> answer = new CompletableFuture<>();
            target.thread.execute(() -> target.handlers
                    .get(topic)
                    .handle(name, payload)
                    .whenComplete((value, failure) -> {
                        if (late) {
                            answer.completeExceptionally(new NoCommunicationException("no answer in time"));
                        } else if (failure == null) {
                            answer.complete(value);
                        } else {
                            answer.completeExceptionally(new RemoteException(failure.getMessage()));
                        }
                    }));
            return answer.orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS);
        }

        @Override
        public Registration handle(String topic, Handler handler) {
            handlers.put(topic, handler);
            return () -> handlers.remove(topic);
        }

        @Override
        public Registration sessions(Consumer<Session> listener) {
            sessions.add(listener);
            return () -> sessions.remove(listener);
        }
    }
}
