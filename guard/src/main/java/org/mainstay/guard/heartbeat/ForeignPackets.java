package org.mainstay.guard.heartbeat;

import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Counts what is not a genuine heartbeat and says so once per source and minute. Owned by the heartbeat thread. */
final class ForeignPackets {
    private static final int SOURCES = 128;
    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

    private static final class Source {
        long saidAt;
        long since;
    }

    private final Map<Object, Source> sources = new LinkedHashMap<>();
    private final Consumer<String> log;
    private final AtomicLong total = new AtomicLong();
    private long crowdSaidAt;
    private boolean crowdSaid;

    ForeignPackets(Consumer<String> log) {
        this.log = log;
    }

    /** Returns how many there were. */
    long total() {
        return total.get();
    }

    /** @param what a constant, such as {@code malformed} */
    void dropped(InetAddress from, String what, long now) {
        dropped((Object) from, what, now);
    }

    /** From a shared disk. */
    void dropped(String device, String what, long now) {
        dropped((Object) device, what, now);
    }

    private void dropped(Object from, String what, long now) {
        total.incrementAndGet();
        Source source = sources.get(from);
        if (source == null) {
            if (sources.size() >= SOURCES) {
                sources.values().removeIf(old -> now - old.saidAt > MINUTE);
            }
            if (sources.size() >= SOURCES) {
                crowd(now);
                return;
            }
            source = new Source();
            sources.put(from, source);
        } else if (now - source.saidAt < MINUTE) {
            source.since++;
            return;
        }
        String more = source.since == 0 ? "" : " (" + source.since + " more from there since)";
        source.saidAt = now;
        source.since = 0;
        log.accept("dropped a " + what + " heartbeat packet from "
                + (from instanceof InetAddress address ? address.getHostAddress() : from) + more);
    }

    private void crowd(long now) {
        if (!crowdSaid || now - crowdSaidAt > MINUTE) {
            crowdSaid = true;
            crowdSaidAt = now;
            log.accept(
                    "dropping packets that are no heartbeats of this cluster from more than " + SOURCES + " sources");
        }
    }
}
