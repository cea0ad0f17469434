package org.mainstay.guard.util;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;

/** Wall-clock time for the log; nothing is ever decided by it. */
final class SystemClock {
    private static final DateTimeFormatter FORMAT =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSXXX").withZone(ZoneId.systemDefault());

    private SystemClock() {}

    static String now() {
        return FORMAT.format(Instant.now());
    }
}
