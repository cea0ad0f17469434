package org.mainstay.core.internal.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Identity of this boot of the machine: tells a restart of Mainstay from a restart of everything (I4). */
final class BootId {
    /** Environment variable that replaces the machine's, for several servers on one machine whose "power" is cut one by one. */
    static final String VARIABLE = "MAINSTAY_BOOT_ID";
    /** System property with the same meaning; it wins. */
    static final String PROPERTY = "mainstay.bootId";

    private static final Path KERNEL = Path.of("/proc/sys/kernel/random/boot_id");

    private BootId() {}

    /** @throws IOException if the machine does not tell it: then nothing could be adopted safely */
    static String read() throws IOException {
        String given = System.getProperty(PROPERTY, System.getenv().getOrDefault(VARIABLE, ""));
        String id = given.isBlank() ? Files.readString(KERNEL).strip() : given.strip();
        if (id.isEmpty()) {
            throw new IOException(KERNEL + " is empty; set " + VARIABLE);
        }
        return id;
    }
}
