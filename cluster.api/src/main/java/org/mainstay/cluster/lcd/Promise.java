package org.mainstay.cluster.lcd;

import java.util.Map;
import java.util.TreeMap;

/**
 * What a server promised for a group it does not share itself: a majority of all members decides who may own it.
 *
 * @param places tags of the group's instances by server, as the claiming server knew them
 * @param epoch newest epoch promised
 * @param owner server it was promised to; empty after that server has given its claim up
 */
public record Promise(Map<String, String> places, long epoch, String owner) {
    public Promise {
        places = java.util.Collections.unmodifiableMap(new TreeMap<>(places));
    }

    /** Returns the key of a group's row. */
    public static String key(Map<String, String> places) {
        StringBuilder key = new StringBuilder();
        new TreeMap<>(places)
                .forEach((server, tag) -> key.append(key.length() == 0 ? "" : ",")
                        .append(server)
                        .append(':')
                        .append(tag));
        return key.toString();
    }

    /** Returns whether a server's instance belongs to the group. */
    public boolean has(String server, String tag) {
        return tag.equals(places.get(server));
    }

    /** Returns whether it is about the group, even if that was extended to other servers since. */
    public boolean concerns(Map<String, String> group) {
        return group.entrySet().stream().anyMatch(place -> has(place.getKey(), place.getValue()));
    }
}
