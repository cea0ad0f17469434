package org.mainstay.core.decision.rule;

import java.util.SortedSet;
import java.util.TreeSet;
import org.mainstay.cluster.lcd.Member;

/** The configured servers, this one included (QUO-031, QUO-040). */
final class Members {
    private Members() {}

    /** Returns the names of the newest membership list this server knows; without one, everybody it knows of. */
    static SortedSet<String> of(Step step) {
        TreeSet<String> names = new TreeSet<>();
        step.own().membership().members().stream().map(Member::name).forEach(names::add);
        if (names.isEmpty()) {
            names.addAll(step.peers().keySet());
            names.addAll(step.topology().sharers(step.topology().tags(), step.self()));
        }
        names.add(step.self());
        return names;
    }

    /** Returns how many servers are strictly more than half (QUO-040). */
    static int majority(Step step) {
        return of(step).size() / 2 + 1;
    }
}
