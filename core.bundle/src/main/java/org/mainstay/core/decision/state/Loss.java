package org.mainstay.core.decision.state;

import java.util.Collection;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What this server knows of its own standing among the others.
 *
 * @param stopping whether everything is being taken out of service because the right to run was lost (QUO-060)
 * @param leave whether Mainstay leaves for the quarantine when that is done
 * @param tried instances whose removal was tried in the course of that
 * @param cutOff why this server counts itself as cut off; empty if it does not
 */
public record Loss(boolean stopping, boolean leave, SortedSet<String> tried, String cutOff) {
    public static final Loss NONE = new Loss(false, false, Collections.emptySortedSet(), "");

    public Loss {
        tried = Collections.unmodifiableSortedSet(new TreeSet<>(tried));
    }

    public Loss withStopping(boolean value, boolean leaves) {
        return new Loss(value, leaves, Collections.emptySortedSet(), cutOff);
    }

    public Loss withTried(SortedSet<String> tags) {
        TreeSet<String> all = new TreeSet<>(tried);
        all.addAll(tags);
        return new Loss(stopping, leave, all, cutOff);
    }

    /** Returns this with instances to be tried once more. */
    public Loss withUntried(Collection<String> tags) {
        TreeSet<String> rest = new TreeSet<>(tried);
        rest.removeAll(tags);
        return new Loss(stopping, leave, rest, cutOff);
    }

    public Loss withCutOff(String reason) {
        return new Loss(stopping, leave, tried, reason);
    }
}
