package org.mainstay.mirror.engine.volume;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Who is connected to a volume. Thread-safe; needs no lock of the volume. */
final class Clients {
    private final Set<AutoCloseable> all = new HashSet<>();

    synchronized boolean add(AutoCloseable client) {
        return all.add(client);
    }

    synchronized void remove(AutoCloseable client) {
        all.remove(client);
    }

    private synchronized List<AutoCloseable> present() {
        return List.copyOf(all);
    }

    /** Disconnects everybody. @param problem told why one could not be */
    void disconnect(Consumer<String> problem) {
        for (AutoCloseable client : present()) {
            try {
                client.close();
            } catch (Exception e) {
                problem.accept(e.toString());
            }
        }
    }
}
