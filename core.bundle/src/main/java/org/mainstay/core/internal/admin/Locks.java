package org.mainstay.core.internal.admin;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is being reconfigured on this server, so that two operators do not change the same hierarchy at once. In memory: a lock
 * ends with its request, with the session to the server that took it, or with this process. Thread-safe.
 */
final class Locks {
    private final Map<String, Holder> held = new TreeMap<>();

    /**
     * Who holds a lock.
     *
     * @param operation id
     * @param server on which the request was made
     * @param who user
     * @param what is being done, such as {@code extend pg to B}
     */
    record Holder(String operation, String server, String who, String what) {
        String sentence(String key) {
            return "'" + key + "' is being changed: " + what + ", by " + who + " on " + server
                    + "; try again when that is done";
        }
    }

    /** Takes all locks or none. @return why not: who holds one of them; empty if they were taken */
    synchronized Optional<String> lock(Collection<String> keys, Holder holder) {
        for (String key : keys) {
            Holder other = held.get(key);
            if (other != null && !other.operation().equals(holder.operation())) {
                return Optional.of(other.sentence(key));
            }
        }
        keys.forEach(key -> held.put(key, holder));
        return Optional.empty();
    }

    synchronized void unlock(String operation) {
        held.values().removeIf(holder -> holder.operation().equals(operation));
    }

    /** The other server is gone, and with it what it was doing. */
    synchronized void forget(String server) {
        held.values().removeIf(holder -> holder.server().equals(server));
    }
}
