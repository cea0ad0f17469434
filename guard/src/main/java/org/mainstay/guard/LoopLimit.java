package org.mainstay.guard;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.LongSupplier;
import org.mainstay.guard.util.Log;

/** The tunable {@code LOOP_STUCK_SECS}: after what time a decision loop that does nothing is stuck. Read again when it is asked for. */
final class LoopLimit implements LongSupplier {
    static final int DEFAULT_SECONDS = 20;
    private static final int SMALLEST = 5;
    private static final int LARGEST = 3600;

    private final Path tunables;
    private final Log log;
    private String complained = "";
    private volatile long last;

    LoopLimit(Path home, Log log) {
        this.tunables = home.resolve("etc/default/LifeKeeper");
        this.log = log;
        getAsLong();
    }

    /** Returns the limit in milliseconds as it was read last; waits for nothing. */
    long last() {
        return last;
    }

    /** Reads the limit, in milliseconds; may wait for the disk. Called by one thread. */
    @Override
    public final long getAsLong() {
        last = read();
        return last;
    }

    private long read() {
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
