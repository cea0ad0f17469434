package org.mainstay.core.decision.rule;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.lcd.Handover;
import org.mainstay.core.decision.effect.Notices;

/** The automatic way back to a better-priority server that has just started or joined (HIER-050 to HIER-055). */
final class Switchback {
    private final Step step;

    Switchback(Step step) {
        this.step = step;
    }

    void settle() {
        if (step.phase() != Phase.AVAILABLE || !step.start.passed()) {
            return;
        }
        for (String peer : List.copyOf(step.peers().keySet())) {
            if (step.peer(peer).joined() && new Knowledge(step).ready(peer)) {
                examine(peer);
            }
        }
    }

    private void examine(String peer) {
        Knowledge knowledge = new Knowledge(step);
        boolean later = false;
        for (SortedSet<String> hierarchy : step.topology().hierarchies().values()) {
            TreeSet<String> serving = new TreeSet<>(hierarchy);
            serving.removeIf(tag -> !step.inService(tag));
            if (serving.isEmpty() || !wanted(hierarchy, serving, peer)) {
                continue;
            }
            if (hierarchy.stream().anyMatch(step::claimedByOperation) || knowledge.inHandover(hierarchy)) {
                later = true;
            } else if (!knowledge.maintained(hierarchy)
                    && new Eligibility(step).obstacle(peer, serving, List.of()).isEmpty()) {
                new Handovers(step)
                        .offer("switchover", peer, serving, Handover.Step.PREPARED, "automatic switchback", List.of());
                step.note(
                        Notices.SWITCHBACK,
                        Level.INFORMATION,
                        "",
                        "automatic switchback of " + String.join(", ", serving) + " to " + peer);
            }
        }
        if (!later) {
            step.peer(peer, one -> one.withJoined(false));
        }
    }

    /** The setting of the roots counts (HIER-055), and only the way to a better priority (HIER-054). */
    private boolean wanted(SortedSet<String> hierarchy, SortedSet<String> serving, String peer) {
        boolean automatic = step.topology().roots(hierarchy).stream()
                .allMatch(root ->
                        step.instance(root).settings().switchback() == org.mainstay.cluster.lcd.Switchback.AUTOMATIC);
        Eligibility eligibility = new Eligibility(step);
        return automatic && eligibility.priority(serving, peer) < eligibility.priority(serving, step.self());
    }
}
