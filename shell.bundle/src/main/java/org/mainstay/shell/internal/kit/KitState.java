package org.mainstay.shell.internal.kit;

import java.util.List;

/**
 * A kit that is installed on a server.
 *
 * @param name what commands call it: its feature without {@code mainstay-kit-}, or its bundle's symbolic name where it is no feature
 * @param bundle symbolic name of its bundle
 * @param version version of its bundle
 * @param how {@code feature}, {@code deploy} (by the folder) or {@code bundle}
 * @param types what it serves, {@code application/type}; empty while it does not work
 * @param problem why it does not work; empty if it does
 */
public record KitState(String name, String bundle, String version, String how, List<String> types, String problem) {
    public KitState {
        types = List.copyOf(types);
    }

    /** Returns whether it serves at least one type. */
    public boolean usable() {
        return problem.isEmpty();
    }
}
