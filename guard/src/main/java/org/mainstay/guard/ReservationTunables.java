package org.mainstay.guard;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.mainstay.guard.reserve.ReservationSettings;
import org.mainstay.guard.reserve.ReservationSettings.Times;
import org.mainstay.guard.util.Log;

/** The settings of reservations, from {@code etc/default/LifeKeeper}. */
final class ReservationTunables {
    private ReservationTunables() {}

    private static final String RENEW = "RESERVATION_RENEW_MS";
    private static final String STALE = "RESERVATION_STALE_MS";

    /**
     * Returns what is set there, or the defaults if that cannot be used. Where the file cannot be read, a holder must stand still for as long
     * as any may be given, and the guard runs all the same: without it nobody renews what this server has, or ends it.
     *
     * @param detectionMillis after what time the slowest path is dead; 0: not known
     */
    static ReservationSettings read(
            Path home, UUID installation, Supplier<String> server, LongSupplier detectionMillis, Log log) {
        Supplier<Times> following = () -> {
            long detection = detectionMillis.getAsLong();
            return detection == 0 ? Times.DEFAULT : Times.following(detection);
        };
        Path file = home.resolve("etc/default/LifeKeeper");
        try {
            Map<String, String> tunables = GuardFiles.settings(file);
            return new ReservationSettings(installation, server, times(tunables, following));
        } catch (IOException e) {
            log.error(file + " cannot be read (" + e
                    + "): until the guard is started again, a reservation of another server counts" + " as stale after "
                    + Times.LARGEST_STALE_MILLIS + " ms, whatever is set. Mend the file");
            return new ReservationSettings(
                    installation, server, () -> new Times(following.get().renewMillis(), Times.LARGEST_STALE_MILLIS));
        } catch (IllegalArgumentException e) {
            log.error("tunables of reservations are not usable, defaults are used: " + e.getMessage());
            return new ReservationSettings(installation, server, following);
        }
    }

    private static Supplier<Times> times(Map<String, String> tunables, Supplier<Times> following) {
        if (tunables.containsKey(STALE)) {
            int stale = number(tunables, STALE);
            int renew = tunables.containsKey(RENEW) ? number(tunables, RENEW) : Times.renewFor(stale);
            Times fixed = new Times(renew, stale);
            return () -> fixed;
        }
        if (tunables.containsKey(RENEW)) {
            int renew = number(tunables, RENEW);
            int least = new Times(renew, Math.max(Times.SMALLEST_STALE_MILLIS, 3 * renew)).staleMillis();
            return () -> new Times(renew, Math.max(least, following.get().staleMillis()));
        }
        return following;
    }

    private static int number(Map<String, String> tunables, String name) {
        try {
            return Integer.parseInt(tunables.get(name).strip());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + "=" + tunables.get(name) + " is not a number of milliseconds", e);
        }
    }
}
