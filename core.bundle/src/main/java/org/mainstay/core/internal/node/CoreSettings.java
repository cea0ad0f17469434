package org.mainstay.core.internal.node;

import org.mainstay.core.decision.state.Safety;
import org.mainstay.core.decision.state.Settings;
import org.mainstay.core.internal.run.Tunables;

/** Tunables of the decision core in {@code etc/default/LifeKeeper}; times there are whole seconds. */
final class CoreSettings {
    private CoreSettings() {}

    static Settings read(Tunables tunables, Safety safety) {
        Settings d = Settings.DEFAULT;
        return new Settings(
                millis(tunables, "START_WAIT_SECS", d.startWait(), 0),
                millis(tunables, "RESERVATION_WAIT_SECS", d.reservationWait(), 0),
                tunables.number("FAILOVER_LIMIT", d.failureLimit(), 1),
                millis(tunables, "FAILURE_RESET_SECS", d.failureReset(), 1),
                millis(tunables, "STOP_DRAIN_SECS", d.stopDrain(), 0),
                d.persistRetry(),
                d.defaultDetection(),
                safety);
    }

    private static long millis(Tunables tunables, String name, long fallback, int minimum) {
        int absent = -1;
        int seconds = tunables.number(name, absent, minimum);
        return seconds == absent ? fallback : seconds * 1000L;
    }
}
