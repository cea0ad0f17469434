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

    /**
     * Adds what a script says, which is no event of the product whatever its number is.
     *
     * @param script its name, not empty
     */
    void addOfScript(int number, ClusterEvent.Level level, String script, String text);

    /** Calls the listener with each further event, in order, on a thread that must not be held up. */
    Registration follow(Consumer<ClusterEvent> listener);

    /** Returns the newest changes of this server's database, oldest first: who, from where, when, what. */
    default List<Change> audit(int most) {
        return List.of();
    }

    /**
     * A change of this server's database.
     *
     * @param sequence number of the commit
     * @param at wall-clock time
     * @param who user, or {@code mainstay} for the cluster's own decisions
     * @param from server and door
     * @param operation operation id; empty if there is none
     * @param server whose database, or copy of it
     * @param rows {@code section/key} of changed rows, with {@code -} before removed ones; at most the first 20. Rows of
     *     operations go on with how far the operation is and what it does: {@code operations/ID (COMMITTED extend 'pg' to B)}
     */
    record Change(
            long sequence,
            java.time.Instant at,
            String who,
            String from,
            String operation,
            String server,
            List<String> rows) {
        public Change {
            rows = List.copyOf(rows);
        }
    }
}
