package org.mainstay.quorum.internal.report;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mainstay.cluster.Fencing;
import org.mainstay.cluster.QuorumSettings;

/**
 * What the report is computed from besides the cluster's databases.
 *
 * @param settings in effect
 * @param levels fencing of all servers
 * @param probes by peer: in how many ways it could be seen now if its paths died
 * @param independent peers that have an address which is not the end of a comm path
 * @param landmarks whether a gateway or reference address has answered lately
 * @param guard whether this server's guard answers
 */
public record Means(
        QuorumSettings settings,
        List<Fencing.LevelDevice> levels,
        Map<String, Integer> probes,
        Set<String> independent,
        boolean landmarks,
        boolean guard) {
    public Means {
        levels = List.copyOf(levels);
        probes = Map.copyOf(probes);
        independent = Set.copyOf(independent);
    }
}
