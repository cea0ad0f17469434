package org.mainstay.mirror.internal.volume;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.mainstay.kit.ActionContext;

/** Tunables as numbers. What cannot be used is warned of once for each value, not at each check. Thread-safe. */
final class Tunables {
    private final Map<String, String> warned = new ConcurrentHashMap<>();

    /** Returns a time in seconds, at least 1; the fallback where the value is no such number. */
    long seconds(ActionContext context, String name, long fallback) {
        String value = context.tunable(name, Long.toString(fallback)).strip();
        try {
            long seconds = Long.parseLong(value);
            if (seconds >= 1) {
                warned.remove(name);
                return seconds;
            }
        } catch (NumberFormatException e) {
            // said below, together with numbers out of range
        }
        if (!value.equals(warned.put(name, value))) {
            context.progress(name + "=" + value + " in etc/default/LifeKeeper is not a number of seconds, 1 or more; "
                    + fallback + " is used");
        }
        return fallback;
    }
}
