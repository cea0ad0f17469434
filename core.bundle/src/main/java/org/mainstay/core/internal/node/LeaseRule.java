package org.mainstay.core.internal.node;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.mainstay.cluster.TunablesFile;
import org.mainstay.core.internal.run.Tunables;

/**
 * Whether this server may be under the rule of a lease, before quorum.bundle says which. What cannot be read counts as one: the others may
 * wait for its end and for nothing else (decision 0361).
 */
final class LeaseRule {
    private static final String MODE = "QUORUM_MODE";

    private final Tunables tunables;
    private final Path lastUsable;

    /** @param lastUsable the quorum configuration that was in effect last, as quorum.bundle keeps it */
    LeaseRule(Tunables tunables, Path lastUsable) {
        this.tunables = tunables;
        this.lastUsable = lastUsable;
    }

    /** Returns why a lease may be needed here; empty if certainly none is. */
    String why() {
        try {
            String wanted = leased(tunables.certain());
            if (!wanted.isEmpty()) {
                return "QUORUM_MODE=" + wanted + " is set";
            }
        } catch (IOException e) {
            return "the tunables cannot be read (" + e + "), so nobody knows whether QUORUM_MODE is set";
        }
        try {
            String last = leased(TunablesFile.readWritten(lastUsable));
            return last.isEmpty() ? "" : "QUORUM_MODE=" + last + " was in effect last";
        } catch (IOException e) {
            return lastUsable + ", which says what quorum was in effect last, cannot be read (" + e + ")";
        }
    }

    private static String leased(Map<String, String> values) {
        String mode = values.getOrDefault(MODE, "none").strip().toLowerCase(Locale.ROOT);
        return mode.equals("none") || mode.equals("off") ? "" : mode;
    }
}
