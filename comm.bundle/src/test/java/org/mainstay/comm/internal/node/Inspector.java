package org.mainstay.comm.internal.node;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.mainstay.cluster.Messenger;

/** Records what a messenger delivers. */
public final class Inspector {
    public final List<Messenger.Session> sessions = new CopyOnWriteArrayList<>();
    private final Map<String, List<Integer>> numbers = new ConcurrentHashMap<>();

    /** Handles numbered messages of the topics. */
    public Inspector(Messenger messenger, String... topics) {
        for (String topic : topics) {
            numbers.put(topic, new ArrayList<>());
            messenger.handle(topic, (from, payload) -> {
                synchronized (numbers.get(topic)) {
                    numbers.get(topic).add(ByteBuffer.wrap(payload).getInt());
                }
                return CompletableFuture.completedFuture(payload);
            });
        }
        messenger.sessions(sessions::add);
    }

    /** Returns the numbers received on a topic. */
    public List<Integer> received(String topic) {
        synchronized (numbers.get(topic)) {
            return List.copyOf(numbers.get(topic));
        }
    }

    public int count(String topic) {
        synchronized (numbers.get(topic)) {
            return numbers.get(topic).size();
        }
    }

    /** Returns whether a session with the peer is open. */
    public boolean open(String peer) {
        return !sessions.isEmpty()
                && sessions.stream()
                        .filter(session -> session.peer().equals(peer))
                        .reduce((first, second) -> second)
                        .map(Messenger.Session::open)
                        .orElse(false);
    }

    /** Returns a message with a number, of some length. */
    public static byte[] numbered(int number, int length) {
        return ByteBuffer.allocate(Math.max(4, length)).putInt(number).array();
    }
}
