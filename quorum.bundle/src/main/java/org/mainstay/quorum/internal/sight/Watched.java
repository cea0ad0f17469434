package org.mainstay.quorum.internal.sight;

import java.util.Set;

/**
 * A peer to keep an eye on.
 *
 * @param name its name
 * @param probes what can be asked
 * @param alive whether any comm path to it is alive
 * @param detectionMillis detection time of its slowest path; 0 without paths
 */
public record Watched(String name, Set<Probe> probes, boolean alive, long detectionMillis) {
    public Watched {
        probes = Set.copyOf(probes);
    }
}
