package org.mainstay.guard;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.mainstay.guard.reserve.ReservationSettings;
import org.mainstay.guard.util.Log;

/** The settings of reservations, from {@code etc/default/LifeKeeper}. */
final class ReservationTunables {
    private ReservationTunables() {}

    /** Returns what is set there, or the defaults if that cannot be used. */
    static ReservationSettings read(Path home, UUID installation, Supplier<String> server, Log log) throws IOException {
        Map<String, String> tunables = GuardFiles.settings(home.resolve("etc/default/LifeKeeper"));
        try {
            return new ReservationSettings(
                    installation,
                    server,
                    number(tunables, "RESERVATION_RENEW_MS", ReservationSettings.RENEW_MILLIS),
                    number(tunables, "RESERVATION_STALE_MS", ReservationSettings.STALE_MILLIS));
        } catch (IllegalArgumentException e) {
            log.error("tunables of reservations are not usable, defaults are used: " + e.getMessage());
            return new ReservationSettings(
                    installation, server, ReservationSettings.RENEW_MILLIS, ReservationSettings.STALE_MILLIS);
        }
    }

    private static int number(Map<String, String> tunables, String name, int fallback) {
        return tunables.containsKey(name) ? Integer.parseInt(tunables.get(name)) : fallback;
    }
}
