package org.mainstay.shell.internal.socket;

import java.nio.file.attribute.UserPrincipal;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.mainstay.shell.internal.socket.CommandSocket.Limits;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who has a place at the local door. A user who is no administrator of it has a share of the places only, and all such users together
 * leave some to root and the user Mainstay runs as: nobody can lock them out. Thread-safe.
 */
final class Places {
    private static final Logger LOG = LoggerFactory.getLogger(Places.class);

    private final Limits limits;
    private final Map<Client, Holder> taken = new HashMap<>();

    Places(Limits limits) {
        this.limits = limits;
    }

    /** A connection. */
    interface Client {
        /** Returns for how long it has not taken output that waits for it. */
        long blockedNanos();

        void close();
    }

    private record Holder(UserPrincipal user, boolean administrator) {}

    /**
     * Takes a place; a client that has not taken its output for long gives way.
     *
     * @param administrator whether the user is an administrator by itself, not as a member of a group
     * @return empty, or why there is none
     */
    synchronized Optional<String> take(Client client, UserPrincipal user, boolean administrator) {
        if (!administrator) {
            if (full(limits.perUser(), holder -> holder.user().equals(user))) {
                return Optional.of("too many commands of " + user.getName() + " run on this server (" + limits.perUser()
                        + "); end some and try again");
            }
            if (full(limits.others(), holder -> !holder.administrator())) {
                return Optional.of(tooMany(limits.others()));
            }
        }
        if (full(limits.connections(), holder -> true)) {
            return Optional.of(tooMany(limits.connections()));
        }
        taken.put(client, new Holder(user, administrator));
        return Optional.empty();
    }

    private static String tooMany(int most) {
        return "too many commands run on this server (" + most + "); end some and try again";
    }

    private boolean full(int most, Predicate<Holder> counted) {
        return taken.values().stream().filter(counted).count() >= most && !makeRoom(counted);
    }

    private boolean makeRoom(Predicate<Holder> counted) {
        long blockedNanos = TimeUnit.MILLISECONDS.toNanos(limits.blockedMillis());
        Optional<Client> longest = taken.entrySet().stream()
                .filter(place -> counted.test(place.getValue()))
                .map(Map.Entry::getKey)
                .filter(client -> client.blockedNanos() >= blockedNanos)
                .max(Comparator.comparingLong(Client::blockedNanos));
        longest.ifPresent(client -> {
            LOG.warn("a client that does not take its output gives way to another one");
            taken.remove(client);
            client.close();
        });
        return longest.isPresent();
    }

    /** Gives a place back; harmless for who has none. */
    synchronized void leave(Client client) {
        taken.remove(client);
    }
}
