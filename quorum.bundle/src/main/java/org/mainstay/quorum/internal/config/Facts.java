package org.mainstay.quorum.internal.config;

import java.util.List;

/**
 * What the parameters are checked against.
 *
 * @param self name of this server; empty if it belongs to no cluster
 * @param members all servers of the cluster, this one included; empty: not known, then nothing is checked against them
 * @param slowestDetectionMillis detection time of the slowest comm path here; 0 = no path
 */
public record Facts(String self, List<String> members, long slowestDetectionMillis) {
    public static final Facts UNKNOWN = new Facts("", List.of(), 0);

    public Facts {
        members = List.copyOf(members);
    }

    boolean known() {
        return !members.isEmpty();
    }
}
