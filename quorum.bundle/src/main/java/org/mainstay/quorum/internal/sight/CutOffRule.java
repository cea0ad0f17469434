package org.mainstay.quorum.internal.sight;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mainstay.cluster.SafetyControl.Sight;

/**
 * Whether this server is cut off (design.md section 10): no carrier on any interface of a comm path, or neither a gateway nor a
 * reference address answers that has answered in the last minutes in which a comm path was alive. Never while a path is alive.
 * Pure; used by one thread.
 */
final class CutOffRule {
    private long interval;
    private final Map<Probe, PeerSight> landmarks = new LinkedHashMap<>();
    private boolean alive;
    private Set<String> interfaces = Set.of();
    private Set<String> carriers = Set.of();
    private boolean linksKnown;

    CutOffRule(long interval) {
        this.interval = interval;
    }

    /** Sets how often each landmark is asked from now on; what was learnt stays. */
    void interval(long millis) {
        interval = millis;
        landmarks.values().forEach(landmark -> landmark.interval(millis));
    }

    /** Sets gateways and reference addresses. */
    void landmarks(Set<Probe> probes) {
        landmarks.keySet().retainAll(probes);
        for (Probe probe : probes) {
            landmarks.computeIfAbsent(probe, each -> {
                PeerSight sight = new PeerSight(interval);
                sight.probes(Set.of(each));
                return sight;
            });
        }
    }

    Set<Probe> landmarks() {
        return new LinkedHashSet<>(landmarks.keySet());
    }

    /** Returns the landmarks that have answered lately. */
    List<Probe> counted() {
        return landmarks.entrySet().stream()
                .filter(entry -> !entry.getValue().counted().isEmpty())
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Tells whether a comm path to anybody is alive, and whether one over a network is. */
    void alive(boolean now, boolean network, long at) {
        alive = now;
        landmarks.values().forEach(landmark -> landmark.alive(now, network, PeerSight.ANY_TIME, at));
    }

    /**
     * Tells the links.
     *
     * @param used interfaces that carry a local address of a comm path; an address that is nowhere counts as one without carrier
     * @param withCarrier those of them that are up with carrier
     */
    void links(Set<String> used, Set<String> withCarrier) {
        interfaces = Set.copyOf(used);
        carriers = Set.copyOf(withCarrier);
        linksKnown = true;
    }

    void asked(Probe probe, long at) {
        PeerSight landmark = landmarks.get(probe);
        if (landmark != null) {
            landmark.asked(probe, at);
        }
    }

    void answered(Probe probe, long at) {
        PeerSight landmark = landmarks.get(probe);
        if (landmark != null) {
            landmark.answered(probe, at);
        }
    }

    /** Returns whether this server certainly reaches somebody. */
    boolean connected(long at) {
        return alive || counted().stream().anyMatch(probe -> says(probe, Sight.SEEN, at));
    }

    private boolean says(Probe landmark, Sight sight, long at) {
        return landmarks
                .get(landmark)
                .sighting(at)
                .map(Sighting::sight)
                .filter(sight::equals)
                .isPresent();
    }

    /** Returns why this server is cut off; empty: it is not, as far as can be told. */
    String reason(long at) {
        if (alive) {
            return "";
        }
        if (linksKnown && !interfaces.isEmpty() && carriers.isEmpty()) {
            return "no carrier on " + String.join(", ", interfaces);
        }
        List<Probe> counted = counted();
        boolean silent = !counted.isEmpty() && counted.stream().allMatch(probe -> says(probe, Sight.UNSEEN, at));
        return silent
                ? "neither gateway nor reference address answers: "
                        + String.join(
                                ", ", counted.stream().map(Probe::toString).toList())
                : "";
    }
}
