package org.mainstay.quorum.internal.sight;

import java.util.Set;

/**
 * A peer to keep an eye on.
 *
 * @param name its name
 * @param probes what can be asked
 * @param alive whether any comm path to it is alive
 * @param network whether one over a network is: only then can be learnt which probes work
 * @param detectionMillis detection time of its slowest path; 0 without paths
 */
public record Watched(String name, Set<Probe> probes, boolean alive, boolean network, long detectionMillis) {
    public Watched {
        probes = Set.copyOf(probes);
    }
}
