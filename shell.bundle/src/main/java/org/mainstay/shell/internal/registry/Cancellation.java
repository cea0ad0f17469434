package org.mainstay.shell.internal.registry;

import java.util.ArrayList;
import java.util.List;
import org.mainstay.cluster.Registration;

/** Whether the caller has given up: Ctrl-C, a closed connection, or Mainstay stopping. Thread-safe. */
public final class Cancellation {
    private final List<Runnable> listeners = new ArrayList<>();
    private boolean cancelled;

    /** Cancels; a second time is harmless. Listeners run on this thread. */
    public void cancel() {
        List<Runnable> now;
        synchronized (listeners) {
            if (cancelled) {
                return;
            }
            cancelled = true;
            now = List.copyOf(listeners);
            listeners.clear();
        }
        now.forEach(Runnable::run);
    }

    public boolean cancelled() {
        synchronized (listeners) {
            return cancelled;
        }
    }

    /** Runs the listener when the caller gives up, at once if that has happened; it must return at once. */
    public Registration whenCancelled(Runnable listener) {
        boolean now;
        synchronized (listeners) {
            now = cancelled;
            if (!now) {
                listeners.add(listener);
            }
        }
        if (now) {
            listener.run();
        }
        return () -> {
            synchronized (listeners) {
                listeners.remove(listener);
            }
        };
    }
}
