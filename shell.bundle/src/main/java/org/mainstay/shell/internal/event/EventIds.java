package org.mainstay.shell.internal.event;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.mainstay.cluster.ClusterSnapshot;

/** Ids of events: decimal numbers, unique in the cluster, rising on each server. Thread-safe. */
public final class EventIds {
    private static final int SERVERS = 1_000;
    private static final AtomicLong LAST = new AtomicLong();

    private EventIds() {}

    /** Returns the next id: the time in milliseconds, made unique on this server, then three digits for the server. */
    public static String next(ClusterSnapshot snapshot) {
        List<String> servers = new ArrayList<>(snapshot.servers());
        Collections.sort(servers);
        // wall clock only makes the number; it rises even if the clock steps back
        long now = LAST.updateAndGet(
                last -> Math.max(last + 1, java.time.Clock.systemUTC().millis()));
        return Long.toString(now * SERVERS + servers.indexOf(snapshot.self()) % SERVERS);
    }
}
