package org.mainstay.quorum.internal.fence;

import java.nio.file.Path;
import java.util.Map;

/**
 * A section of {@code etc/fencing}.
 *
 * @param name name of the section
 * @param server the server it fences
 * @param level 1 is tried first; all devices of a level must confirm
 * @param kind what it is
 * @param agent name or path of the fence agent; empty for the other kinds
 * @param options parameters of the agent
 * @param secrets parameters whose value is the first line of a file that only its owner may read
 * @param cycle whether the machine is switched on again after it was confirmed off
 * @param verify whether {@code status} must say off before the device confirms
 * @param timeoutMillis time limit of one call of the agent, and of waiting for the status to say off
 * @param retries how often it is tried again
 */
record Device(
        String name,
        String server,
        int level,
        Kind kind,
        String agent,
        Map<String, String> options,
        Map<String, Path> secrets,
        boolean cycle,
        boolean verify,
        long timeoutMillis,
        int retries) {

    /** Kinds of devices. */
    enum Kind {
        AGENT,
        WATCHDOG,
        MANUAL
    }

    Device {
        options = Map.copyOf(options);
        secrets = Map.copyOf(secrets);
    }
}
