package org.mainstay.core.internal.admin;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mainstay.cluster.LcdEdit;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.internal.node.NodeRuntime;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This server's part of the administrative lock (FLG-010, FLG-011): at most one global action of the cluster holds it. It shows as a flag.
 * Whoever wants it takes it on each server in the order of their names. It ends with its holder: {@link #tidy} looks for holders
 * that are gone and for flags that a crash left behind. Thread-safe.
 */
final class AdminLock {
    static final String PREFIX = "!action!";

    private static final Logger LOG = LoggerFactory.getLogger(AdminLock.class);

    private final NodeRuntime.Access node;
    private Holder holder;

    AdminLock(NodeRuntime.Access node) {
        this.node = node;
    }

    /**
     * Who holds it.
     *
     * @param operation id of the request; {@code pid-N@SERVER} for a process
     * @param server where it was asked for
     * @param pid process there
     * @param flag how it shows
     */
    record Holder(String operation, String server, long pid, String flag) {}

    /** Returns the flag of a holder: process, seconds since 1970, server, kind of action. */
    static String flag(long pid, long seconds, String server, String identifier) {
        return String.format(java.util.Locale.ROOT, "%s%05d!%d!%s:%s", PREFIX, pid, seconds, server, identifier);
    }

    /** Returns whether a process of this server holds it, as the flags say. @param own this server's database */
    static boolean holds(Lcd own, long pid) {
        String begin = String.format(java.util.Locale.ROOT, "%s%05d!", PREFIX, pid);
        return own.rows(LcdSection.FLAGS).keySet().stream()
                .anyMatch(flag -> flag.startsWith(begin)
                        && flag.substring(begin.length())
                                .replaceFirst("^\\d+!", "")
                                .startsWith(own.server() + ":"));
    }

    /** Takes it. @return why not: the flag of the present holder; empty if it was taken */
    Optional<String> take(Holder wanted) {
        synchronized (this) {
            if (holder != null && !holder.operation().equals(wanted.operation())) {
                return Optional.of(holder.flag());
            }
            if (holder != null) {
                return Optional.empty();
            }
            holder = wanted;
        }
        show(wanted.flag());
        return Optional.empty();
    }

    /** Gives it up if this operation holds it. @return whether it did */
    boolean release(String operation) {
        synchronized (this) {
            if (holder == null || !holder.operation().equals(operation)) {
                return false;
            }
            holder = null;
        }
        show("");
        return true;
    }

    synchronized Optional<Holder> holder() {
        return Optional.ofNullable(holder);
    }

    /** The other server is gone, and with it what it was doing. */
    void forget(String server) {
        synchronized (this) {
            if (holder == null || !holder.server().equals(server)) {
                return;
            }
            holder = null;
        }
        show("");
    }

    /** Removes the flags of holders that ended without saying so. */
    void tidy() {
        String shown = holder().map(Holder::flag).orElse("");
        boolean stale = own().rows(LcdSection.FLAGS).keySet().stream()
                .anyMatch(flag -> flag.startsWith(PREFIX) && !flag.equals(shown));
        if (stale) {
            show(shown);
        }
    }

    private Lcd own() {
        return node.cluster().snapshot().own();
    }

    /** Makes the flags of the database say who holds it. */
    private void show(String wanted) {
        List<LcdEdit> edits = new ArrayList<>();
        Map<String, Boolean> there = new HashMap<>();
        for (String flag : own().rows(LcdSection.FLAGS).keySet()) {
            there.put(flag, true);
            if (flag.startsWith(PREFIX) && !flag.equals(wanted)) {
                edits.add(new LcdEdit.RemoveFlag(flag));
            }
        }
        if (!wanted.isEmpty() && !there.containsKey(wanted)) {
            edits.add(new LcdEdit.AddFlag(wanted));
        }
        if (edits.isEmpty()) {
            return;
        }
        Origin origin = new Origin(
                Origin.SELF, own().server() + " lock", node.config().clock().millis(), "");
        try {
            Job.wait(
                    node.requests().ask(new ServiceRequest.Edit(new LcdEdit.All(edits)), origin, line -> {}),
                    10,
                    java.util.concurrent.TimeUnit.SECONDS);
        } catch (Refusal e) {
            LOG.warn(
                    "the flag of the administrative lock could not be stored; the lock itself holds: {}",
                    e.getMessage());
        }
    }
}
