package org.mainstay.guard.reserve;

import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Who claims, and how fast.
 *
 * @param installation random id of this installation
 * @param server name of this server, empty while not known
 * @param renewMillis how often a claim is renewed and areas are read
 * @param staleMillis how long a holder's counter must stand still before another server takes over
 */
public record ReservationSettings(UUID installation, Supplier<String> server, int renewMillis, int staleMillis) {

    /** Default of the tunable {@code RESERVATION_RENEW_MS}. */
    public static final int RENEW_MILLIS = 500;
    /** Default of the tunable {@code RESERVATION_STALE_MS}. */
    public static final int STALE_MILLIS = 3000;

    public ReservationSettings {
        if (renewMillis < 10 || staleMillis < 3 * renewMillis) {
            throw new IllegalArgumentException(
                    "a reservation must be renewed every 10 ms or more and count as stale after at"
                            + " least three renewals, not " + renewMillis + " and " + staleMillis + " ms");
        }
    }

    long renewNanos() {
        return TimeUnit.MILLISECONDS.toNanos(renewMillis);
    }

    long staleNanos() {
        return TimeUnit.MILLISECONDS.toNanos(staleMillis);
    }
}
