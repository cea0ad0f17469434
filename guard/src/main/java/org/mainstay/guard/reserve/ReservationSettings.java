package org.mainstay.guard.reserve;

import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Who claims, and how fast.
 *
 * @param installation random id of this installation
 * @param server name of this server, empty while not known
 * @param times asked at each use: they follow the heartbeat paths, which change while the guard runs
 */
public record ReservationSettings(UUID installation, Supplier<String> server, Supplier<Times> times) {

    /** With times that do not change. */
    public ReservationSettings(UUID installation, Supplier<String> server, int renewMillis, int staleMillis) {
        this(installation, server, constant(new Times(renewMillis, staleMillis)));
    }

    private static Supplier<Times> constant(Times times) {
        return () -> times;
    }

    /**
     * How often and how long.
     *
     * @param renewMillis how often a claim is renewed and areas are read
     * @param staleMillis how long a holder's counter must stand still before another server takes over
     */
    public record Times(int renewMillis, int staleMillis) {
        /** Shortest stale time that is chosen by itself: a guard on a busy machine and a slow disk still renew in time. */
        public static final int SMALLEST_STALE_MILLIS = 1000;

        /** A claim waits for a holder that is gone; longer than this it would run into its own limit. */
        public static final int LARGEST_STALE_MILLIS = 30_000;

        private static final int LARGEST_RENEW_MILLIS = 500;
        private static final int RENEWALS = 6;

        /** What holds while no path is known. */
        public static final Times DEFAULT = following(3000);

        public Times {
            if (renewMillis < 10 || staleMillis < 3L * renewMillis) {
                throw new IllegalArgumentException(
                        "a reservation must be renewed every 10 ms or more and count as stale after at"
                                + " least three renewals, not " + renewMillis + " and " + staleMillis + " ms");
            }
        }

        /** Returns the times for a server whose slowest path is dead after that time; a takeover then waits for neither. */
        public static Times following(long detectionMillis) {
            int stale = (int) Math.max(SMALLEST_STALE_MILLIS, Math.min(LARGEST_STALE_MILLIS, detectionMillis));
            return new Times(renewFor(stale), stale);
        }

        /** Returns how often to renew what counts as stale after that time. */
        public static int renewFor(int staleMillis) {
            return Math.min(LARGEST_RENEW_MILLIS, staleMillis / RENEWALS);
        }
    }

    int renewMillis() {
        return times.get().renewMillis();
    }

    long renewNanos() {
        return TimeUnit.MILLISECONDS.toNanos(renewMillis());
    }

    long staleNanos() {
        return TimeUnit.MILLISECONDS.toNanos(times.get().staleMillis());
    }

    /**
     * Returns how long that holder must stand still. Servers may count differently, as each follows its own paths: never less
     * than three of the holder's own renewals and what its storage may take for one.
     */
    long staleNanos(Slot holder) {
        return Math.max(staleNanos(), TimeUnit.MILLISECONDS.toNanos(3L * holder.renewMillis() + holder.ioMillis()));
    }
}
