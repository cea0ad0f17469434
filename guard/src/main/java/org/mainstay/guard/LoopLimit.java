package org.mainstay.guard;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.LongSupplier;
import org.mainstay.guard.util.Log;

/** The tunable {@code LOOP_STUCK_SECS}: after what time a decision loop that does nothing is stuck. Read again each time. */
final class LoopLimit implements LongSupplier {
    static final int DEFAULT_SECONDS = 20;
    private static final int SMALLEST = 5;
    private static final int LARGEST = 3600;

    private final Path tunables;
    private final Log log;
    private String complained = "";

    LoopLimit(Path home, Log log) {
        this.tunables = home.resolve("etc/default/LifeKeeper");
        this.log = log;
    }

    /** Returns the limit in milliseconds. Called by one thread. */
    @Override
    public long getAsLong() {
        String value = "";
        try {
            value = GuardFiles.settings(tunables).getOrDefault("LOOP_STUCK_SECS", "" + DEFAULT_SECONDS);
            int seconds = Integer.parseInt(value);
            if (seconds >= SMALLEST && seconds <= LARGEST) {
                return seconds * 1000L;
            }
        } catch (IOException e) {
            value = e.getMessage();
        } catch (NumberFormatException e) {
            // said below, as any other value that is not allowed
        }
        if (!complained.equals(value)) {
            complained = value;
            log.error("LOOP_STUCK_SECS is not usable (" + value + "): a number of seconds from " + SMALLEST + " to "
                    + LARGEST + " is allowed; " + DEFAULT_SECONDS + " is used");
        }
        return DEFAULT_SECONDS * 1000L;
    }
}
