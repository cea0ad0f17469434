package org.mainstay.comm.internal.net;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Keeps strangers cheap: counts connections that have not proved who they are, and reports refusals once per source and minute.
 * Confined to the event loop.
 */
public final class Doorkeeper {
    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);
    private static final int REMEMBERED = 1024;

    private final int most;
    private final int mostPerSource;
    private final LongSupplier nanoTime;
    private final Consumer<String> report;
    private final Map<InetAddress, Integer> strangers = new HashMap<>();
    private final Map<InetAddress, Long> reported = new LinkedHashMap<>();
    private int total;

    /**
     * @param nanoTime monotonic nanoseconds
     * @param report takes a sentence for the log
     */
    public Doorkeeper(int most, int mostPerSource, LongSupplier nanoTime, Consumer<String> report) {
        this.most = most;
        this.mostPerSource = mostPerSource;
        this.nanoTime = nanoTime;
        this.report = report;
    }

    /** Lets a new connection try, or not; whoever is let in must {@link #leave} once. */
    public boolean enter(InetAddress source) {
        int present = strangers.getOrDefault(source, 0);
        if (total >= most || present >= mostPerSource) {
            refused(source, "too many connections that do not say who they are");
            return false;
        }
        total++;
        strangers.put(source, present + 1);
        return true;
    }

    /** The connection proved who it is, or is gone. */
    public void leave(InetAddress source) {
        total--;
        strangers.computeIfPresent(source, (address, present) -> present == 1 ? null : present - 1);
    }

    /** Reports a refusal, once per source and minute. */
    public void refused(InetAddress source, String reason) {
        long now = nanoTime.getAsLong();
        Long last = reported.get(source);
        if (last != null && now - last < MINUTE) {
            return;
        }
        reported.remove(source);
        if (reported.size() >= REMEMBERED) {
            // An attacker with many addresses must not make this grow; the oldest is forgotten.
            reported.remove(reported.keySet().iterator().next());
        }
        reported.put(source, now);
        report.accept("connection from " + source.getHostAddress() + " refused: " + reason
                + " (further ones from there are not reported for a minute)");
    }
}
