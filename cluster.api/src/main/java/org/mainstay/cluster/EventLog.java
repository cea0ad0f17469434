package org.mainstay.cluster;

import java.util.List;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/** Events of this server and, as far as they arrive, of its peers. Thread-safe. */
@ProviderType
public interface EventLog {

    /** Returns the newest events, oldest first. @param most how many at the most */
    List<ClusterEvent> recent(int most);

    /**
     * Adds an event of this server; never waits for the disk or a peer.
     *
     * @param number message number, those of the message catalog where the message exists there
     * @param tag resource; empty if it is about a server
     * @param text one sentence
     */
    void add(int number, ClusterEvent.Level level, String tag, String text);

    /** Calls the listener with each further event, in order, on a thread that must not be held up. */
    Registration follow(Consumer<ClusterEvent> listener);
}
