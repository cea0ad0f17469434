package org.mainstay.guard.witness;

import java.util.HashMap;
import java.util.Map;
import org.mainstay.guard.lease.Witness;
import org.mainstay.guard.lease.Witness.Word;

/** Tells a listener what changed, one call at a time, none begins after the end. Thread-safe. */
final class Telling implements AutoCloseable {
    private final Witness.Listener listener;
    private final Map<String, String> last = new HashMap<>();
    private String reachable;
    private volatile boolean closed;

    Telling(Witness.Listener listener) {
        this.listener = listener;
    }

    synchronized void written(long startedAt) {
        if (!closed) {
            listener.written(startedAt);
        }
    }

    synchronized void word(String peer, Word word, String reason, long readAt) {
        String now = word + reason + (word == Word.FAILED ? readAt : "");
        if (!closed && !now.equals(last.put(peer, now))) {
            listener.word(peer, word, reason, readAt);
        }
    }

    synchronized void reachable(boolean usable, String trouble) {
        String now = usable + trouble;
        if (!closed && !now.equals(reachable)) {
            reachable = now;
            listener.reachable(usable, trouble);
        }
    }

    synchronized void message(String text) {
        if (!closed) {
            listener.message(text);
        }
    }

    /** Waits for nothing: whoever closes may hold what a call under way needs. */
    @Override
    public void close() {
        closed = true;
    }
}
