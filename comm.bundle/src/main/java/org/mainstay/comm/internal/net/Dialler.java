package org.mainstay.comm.internal.net;

import io.netty.channel.ChannelFuture;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps dialling the routes to one peer that have no connection. Confined to the event loop. */
final class Dialler {
    private static final Logger LOG = LoggerFactory.getLogger(Dialler.class);
    private static final long FIRST_RETRY_MILLIS = 50;
    /** After a connection that worked on TCP but was refused: spares the other side's processor. */
    private static final long REFUSED_FACTOR = 4;

    private final Peers owner;
    private final String name;
    private final Map<String, Attempt> attempts = new HashMap<>();
    private boolean closed;

    Dialler(Peers owner, String name) {
        this.owner = owner;
        this.name = name;
    }

    private static final class Attempt {
        Link link;
        boolean connecting;
        boolean waiting;
        int failures;
        long generation;
    }

    /** Dials what is wanted and neither connected nor being tried. */
    void dial(Collection<Route> wanted, Collection<String> present) {
        for (Route route : wanted) {
            Attempt attempt = attempts.computeIfAbsent(route.path(), path -> new Attempt());
            boolean busy = attempt.connecting || attempt.waiting || attempt.link != null;
            if (!closed && !route.dead() && !busy && !present.contains(route.path())) {
                connect(route, attempt);
            }
        }
        List<String> gone = attempts.keySet().stream()
                .filter(path -> wanted.stream().noneMatch(route -> route.path().equals(path)))
                .filter(path -> attempts.get(path).link == null)
                .toList();
        gone.forEach(path -> attempts.remove(path).generation++);
    }

    private void connect(Route route, Attempt attempt) {
        attempt.connecting = true;
        InetSocketAddress local = route.local() == null ? null : new InetSocketAddress(route.local(), 0);
        ChannelFuture future = owner.loop()
                .connect(local, route.remote(), channel -> attempt.link = owner.dialled(channel, name, route));
        future.addListener(done -> {
            attempt.connecting = false;
            if (!done.isSuccess()) {
                attempt.link = null;
                LOG.debug(
                        "cannot connect to {} at {}: {}",
                        name,
                        route.remote(),
                        done.cause().toString());
                retry(route.path(), attempt, 1);
            }
        });
    }

    private void retry(String path, Attempt attempt, long factor) {
        long longest = owner.settings().longestRetry().toMillis() * factor;
        long pause = Math.min(longest, (FIRST_RETRY_MILLIS * factor) << Math.min(attempt.failures, 10));
        attempt.failures++;
        attempt.waiting = true;
        long generation = ++attempt.generation;
        if (closed) {
            return;
        }
        owner.loop()
                .schedule(
                        () -> {
                            if (attempts.get(path) == attempt && attempt.generation == generation) {
                                attempt.waiting = false;
                                owner.redial(name);
                            }
                        },
                        pause);
    }

    /** A connection carries a session. */
    void succeeded(String path) {
        Attempt attempt = attempts.get(path);
        if (attempt != null) {
            attempt.failures = 0;
        }
    }

    /** A dialled connection is closed. */
    void closed(Link link) {
        Attempt attempt = attempts.get(link.path);
        if (attempt == null || attempt.link != link) {
            return;
        }
        attempt.link = null;
        if (!attempt.connecting) {
            retry(link.path, attempt, link.answered ? 1 : REFUSED_FACTOR);
        }
    }

    /** Forgets pauses. */
    void hurry() {
        attempts.values().forEach(attempt -> {
            attempt.failures = 0;
            attempt.waiting = false;
            attempt.generation++;
        });
    }

    /** Stops dialling; closes what was dialled. */
    void close() {
        closed = true;
        attempts.values().stream()
                .map(attempt -> attempt.link)
                .filter(Objects::nonNull)
                .forEach(Link::close);
    }
}
