package org.mainstay.core.internal.guard;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;

/** Time since the machine's boot, time in suspension included: the clock the right to run is counted on (design.md section 10). */
public final class BootTime {
    private static final Path UPTIME = Path.of("/proc/uptime");

    private BootTime() {}

    /**
     * Returns milliseconds since the boot, exact to 10 ms.
     *
     * @throws UncheckedIOException if the kernel does not tell it: then nobody can know whether a lease is still good
     */
    public static long millis() {
        try {
            return parse(Files.readString(UPTIME));
        } catch (IOException e) {
            throw new UncheckedIOException("the time since the boot cannot be read from " + UPTIME, e);
        }
    }

    /** Returns the first number of the file, seconds with two decimals, in milliseconds. */
    static long parse(String uptime) {
        return new BigDecimal(uptime.trim().split(" ")[0]).movePointRight(3).longValue();
    }
}
