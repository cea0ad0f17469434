package org.mainstay.shell.internal.command.node;

import java.math.BigDecimal;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Tunables;

/**
 * Defaults and ranges of comm paths: those of this product, or with {@code PROFILE=classic} those of the manual (ADM-401, ADM-402,
 * ADM-406).
 *
 * @param leastMillis shortest heartbeat interval
 * @param leastMisses fewest missed heartbeats
 */
record Profile(
        String name, BigDecimal interval, int misses, int leastMillis, int leastMisses, int leastPort, int mostPort) {
    private static final int MOST_MILLIS = 15_000;
    private static final int MOST_MISSES = 99;
    private static final Profile OWN = new Profile("", new BigDecimal("0.5"), 6, 50, 2, 1, 65_535);
    private static final Profile CLASSIC = new Profile("classic", new BigDecimal(6), 5, 4_000, 3, 1_500, 10_000);

    static Profile of(Tunables tunables) throws CommandException {
        String name = tunables.text("PROFILE", "");
        if (name.isEmpty()) {
            return OWN;
        }
        if (name.equals(CLASSIC.name)) {
            return CLASSIC;
        }
        throw CommandException.invalid(
                "PROFILE in etc/default/LifeKeeper is empty or classic, not '" + name + "'; correct the file");
    }

    /** Refuses what is out of range. @param millis the interval */
    void check(BigDecimal seconds, int millis, int allowed) throws CommandException {
        if (millis < leastMillis || millis > MOST_MILLIS) {
            String least =
                    BigDecimal.valueOf(leastMillis, 3).stripTrailingZeros().toPlainString();
            throw CommandException.invalid(
                    "the heartbeat interval must be " + least + " to 15 seconds" + why() + ", not " + seconds);
        }
        if (allowed < leastMisses || allowed > MOST_MISSES) {
            throw CommandException.invalid(
                    "the allowed misses must be " + leastMisses + " to " + MOST_MISSES + why() + ", not " + allowed);
        }
    }

    void checkPort(int port) throws CommandException {
        if (port < leastPort || port > mostPort) {
            throw CommandException.invalid(
                    "the port must be " + leastPort + " to " + mostPort + why() + ", not " + port);
        }
    }

    private String why() {
        return name.isEmpty() ? "" : " (PROFILE=" + name + ")";
    }
}
