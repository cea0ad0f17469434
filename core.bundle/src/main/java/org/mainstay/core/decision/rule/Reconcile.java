package org.mainstay.core.decision.rule;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Ownership;
import org.mainstay.cluster.lcd.Wanted;
import org.mainstay.core.decision.effect.Notices;
import org.mainstay.core.decision.state.ServiceOperation.Asker;
import org.mainstay.core.decision.state.ServiceOperation.Claim;
import org.mainstay.core.decision.state.ServiceOperation.Kind;
import org.mainstay.core.decision.state.ServiceOperation.Then;

/**
 * What is wanted in service and nowhere in service is brought into service: looked at after every event, so that "a peer is
 * down" is a condition and not an event (design.md section 10). Start-up, takeover and the next server after a failed
 * restore are all this one rule.
 */
final class Reconcile {
    /** Why something is not brought into service. @param quiet whether it is the ordinary course and no news */
    private record Obstacle(String text, boolean quiet) {}

    private final Step step;
    private final Knowledge knowledge;
    private final Eligibility eligibility;

    Reconcile(Step step) {
        this.step = step;
        knowledge = new Knowledge(step);
        eligibility = new Eligibility(step);
    }

    void settle() {
        if (!step.start.passed() || step.phase() != Phase.AVAILABLE) {
            return;
        }
        for (String tag : step.topology().tags()) {
            adoptWanted(tag);
            tidy(tag);
        }
        for (SortedSet<String> hierarchy : step.topology().hierarchies().values()) {
            look(hierarchy);
        }
        step.obstacles.keySet().retainAll(step.topology().tags());
    }

    /** Takes over the newest wanted state, so that it does not depend on one server's memory. */
    private void adoptWanted(String tag) {
        Ownership mine = step.instance(tag).ownership();
        Ownership newest = knowledge.wanted(tag);
        boolean serves = step.inService(tag) && !step.claimedByOperation(tag);
        if (serves && mine.wanted() == Wanted.OUT && newest.wanted() == Wanted.OUT) {
            takenOutMeanwhile(tag);
            return;
        }
        if (serves && newest.wanted() == Wanted.OUT) {
            // What an operator takes out is taken out by the server that runs it; this word came from one that did not
            // know.
            step.ownership(tag, one -> one.withWanted(Wanted.IN, newest.wantedRevision() + 1));
            step.note(
                    Notices.WANTED_AGAIN,
                    Level.WARNING,
                    tag,
                    tag + " was wanted out of service while it serves on " + step.self() + ": it stays in service");
            return;
        }
        if (newest.wanted() != mine.wanted() || newest.wantedRevision() != mine.wantedRevision()) {
            step.ownership(tag, one -> one.withWanted(newest.wanted(), newest.wantedRevision()));
        }
    }

    /** An operator took it out while it was being brought into service. */
    private void takenOutMeanwhile(String tag) {
        SortedSet<String> tags = step.topology().withAbove(List.of(tag));
        boolean stuck = tags.stream().anyMatch(one -> !step.inService(one) && step.occupies(one));
        if (!stuck && tags.stream().noneMatch(step::claimedByOperation)) {
            new InstanceReservations(step)
                    .begin(Kind.REMOVE, tags, tags, Asker.NOBODY, "it was taken out of service", Then.NOTHING);
        }
    }

    /** What failed here and serves elsewhere is an ordinary standby again (CMD-013). */
    private void tidy(String tag) {
        Instance instance = step.instance(tag);
        if (instance.state() != InstanceState.OSF && instance.state() != InstanceState.ILLSTATE
                || !instance.ownership().released()
                || step.claimedByOperation(tag)) {
            return;
        }
        for (String server : step.topology().others(tag, step.self()).keySet()) {
            Instance other = knowledge.instanceOn(server, tag);
            if (knowledge.usable(server) && other != null && other.state() == InstanceState.ISP) {
                step.state(tag, InstanceState.OSU, "in service on " + server);
            }
        }
    }

    private void look(SortedSet<String> hierarchy) {
        SortedSet<String> needed = needed(hierarchy);
        String key = hierarchy.first();
        boolean busy = hierarchy.stream().anyMatch(step::claimedByOperation);
        if (needed.isEmpty() || busy) {
            forget(key);
            hierarchy.forEach(step.obstacles::remove);
            return;
        }
        Obstacle obstacle = obstacle(hierarchy, needed);
        if (obstacle != null) {
            forget(key);
            hold(hierarchy, needed, obstacle);
            return;
        }
        boolean here = hierarchy.stream().anyMatch(step::inService);
        List<String> better = here ? List.of() : eligibility.better(needed);
        int passed = step.deferred.getOrDefault(key, 0);
        if (better.size() > passed) {
            String next = better.get(passed);
            if (!step.timers.contains("defer:" + key)) {
                step.startTimer("defer:" + key, knowledge.detection(next));
            }
            hold(hierarchy, needed, new Obstacle("it is left to " + next + ", whose priority is better", true));
            return;
        }
        if (!step.timers.contains("backoff:" + key)) {
            hierarchy.forEach(step.obstacles::remove);
            claim(key, hierarchy, needed);
        }
    }

    /** Returns what is wanted in service with all it depends on, and is in service nowhere. */
    private SortedSet<String> needed(SortedSet<String> hierarchy) {
        TreeSet<String> result = new TreeSet<>();
        for (String tag : hierarchy) {
            if (step.inService(tag) || !knowledge.wantedIn(tag)) {
                continue;
            }
            Knowledge.Occupant occupant = knowledge.occupant(tag);
            boolean elsewhere = occupant != null && occupant.how() == Knowledge.Occupant.How.IN_SERVICE;
            if (!elsewhere && step.topology().below(tag).stream().allMatch(knowledge::wantedIn)) {
                result.add(tag);
            }
        }
        return result;
    }

    private Obstacle obstacle(SortedSet<String> hierarchy, SortedSet<String> needed) {
        if (!step.mayStart()) {
            return new Obstacle(step.whyNot(), false);
        }
        if (knowledge.maintained(hierarchy)) {
            return new Obstacle("maintenance mode is on", false);
        }
        if (knowledge.inHandover(hierarchy)) {
            return new Obstacle("it is being moved from one server to another", true);
        }
        String worker = worker(hierarchy);
        if (!worker.isEmpty()) {
            return new Obstacle(worker + " is working on it", true);
        }
        for (String tag : hierarchy) {
            Instance instance = step.instance(tag);
            if (!instance.ownership().released() && !instance.state().inService()) {
                String text = step.self() + " could not stop " + tag + " (" + instance.reason()
                        + "); repair it, or stop it by hand and say 'mainstay resource confirm-stopped " + tag
                        + " --on " + step.self() + "'";
                return new Obstacle(text, false);
            }
        }
        for (String tag : hierarchy) {
            Knowledge.Occupant occupant = knowledge.occupant(tag);
            if (occupant != null) {
                boolean doubtful = occupant.how() == Knowledge.Occupant.How.DOUBTFUL;
                return occupant.how() == Knowledge.Occupant.How.IN_SERVICE
                        ? new Obstacle(tag + " of the same hierarchy is in service on " + occupant.server(), true)
                        : new Obstacle(occupant.text(), doubtful);
            }
        }
        String text = eligibility.obstacle(step.self(), needed, List.of());
        return text.isEmpty() ? null : new Obstacle(text, false);
    }

    /** Returns another server that has begun an action on the hierarchy; empty if none has. */
    private String worker(SortedSet<String> hierarchy) {
        for (String server : step.topology().sharers(hierarchy, step.self())) {
            var begun = step.lcd(server).rows(LcdSection.ACTIONS);
            boolean works = hierarchy.stream()
                    .map(tag -> step.topology().tagOn(tag, server, step.self()))
                    .anyMatch(theirs -> theirs != null && begun.containsKey(theirs));
            if (works && knowledge.usable(server)) {
                return server;
            }
        }
        return "";
    }

    private void forget(String key) {
        if (step.deferred.remove(key) != null) {
            step.touch();
        }
        step.cancelTimer("defer:" + key);
    }

    private void hold(SortedSet<String> hierarchy, SortedSet<String> needed, Obstacle obstacle) {
        String reason = obstacle.text();
        for (String tag : hierarchy) {
            if (!needed.contains(tag)) {
                step.obstacles.remove(tag);
            } else if (!reason.equals(step.obstacles.put(tag, reason))
                    && !obstacle.quiet()
                    && step.topology().roots(needed).contains(tag)) {
                step.note(Notices.OBSTACLE, Level.WARNING, tag, tag + " is not brought into service here: " + reason);
            }
        }
    }

    private void claim(String key, SortedSet<String> hierarchy, SortedSet<String> needed) {
        forget(key);
        String previous = "";
        for (String tag : needed) {
            String owner = knowledge.newestOwner(tag);
            if (!owner.isEmpty() && !owner.equals(step.self()) && knowledge.down(owner)) {
                previous = owner;
            }
        }
        String reason = previous.isEmpty() ? "wanted in service and nowhere in service" : "takeover from " + previous;
        if (!previous.isEmpty()) {
            String root = step.topology().roots(hierarchy).first();
            step.note(Notices.TAKEOVER, Level.WARNING, root, step.self() + " takes over " + root + " from " + previous);
        }
        var operation = new InstanceReservations(step)
                .begin(Kind.RESTORE, step.topology().withBelow(needed), needed, Asker.NOBODY, reason, Then.NOTHING);
        Claim none = Claim.NONE;
        step.operation(operation.withClaim(none.withTakeover(!previous.isEmpty())));
    }

    void deferred(String key) {
        step.deferred.merge(key, 1, Integer::sum);
    }
}
