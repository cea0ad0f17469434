package org.mainstay.core.decision.rule;

import java.util.SortedSet;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Ownership;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.effect.Notices;
import org.mainstay.core.decision.state.ServiceOperation.Asker;
import org.mainstay.core.decision.state.ServiceOperation.Kind;
import org.mainstay.core.decision.state.ServiceOperation.Then;

/** The older epoch stops: what this server runs and another one won since is stopped before anything else (I4). */
final class Outdated {
    static final String DEADLINE = "outdated";

    private final Step step;
    private final Knowledge knowledge;

    Outdated(Step step) {
        this.step = step;
        knowledge = new Knowledge(step);
    }

    void settle() {
        if (step.start.bootId().isEmpty()) {
            return;
        }
        step.vain.removeIf(tag -> !step.occupies(tag));
        for (SortedSet<String> hierarchy : step.topology().hierarchies().values()) {
            TreeSet<String> outdated = new TreeSet<>();
            for (String tag : hierarchy) {
                if (step.occupies(tag) && !winner(tag).isEmpty() && !handled(tag)) {
                    outdated.add(tag);
                }
            }
            if (!outdated.isEmpty()) {
                stop(outdated, winner(outdated.first()));
            }
        }
    }

    /** What could not be stopped for want of its kit, or by the version before, may be tried once more. */
    void kitAppeared(String type) {
        TreeSet<String> tags = new TreeSet<>(step.own().instances().keySet());
        tags.removeIf(tag -> !step.instance(tag).typeKey().equals(type));
        step.vain.removeAll(tags);
        step.loss = step.loss.withUntried(tags);
    }

    /** Returns whether it is being stopped, or was tried in vain: then a kit or an operator has to help. */
    private boolean handled(String tag) {
        return step.topology().withAbove(java.util.List.of(tag)).stream()
                        .anyMatch(one ->
                                step.vain.contains(one) && step.instance(one).state() == InstanceState.OSF)
                || step.operations().stream()
                        .anyMatch(operation -> operation.kind() == Kind.REMOVE
                                && operation.work().todo().contains(tag));
    }

    /** Returns the server whose right to a group is newer than this one's; empty if there is none. */
    private String winner(String tag) {
        Ownership mine = step.instance(tag).ownership();
        if (step.settings.safety().leased()) {
            String promised = promised(tag, mine.epoch());
            if (!promised.isEmpty()) {
                return promised;
            }
        }
        for (String server : step.topology().others(tag, step.self()).keySet()) {
            Instance other = knowledge.instanceOn(server, tag);
            if (other == null || !other.ownership().owner().equals(server)) {
                continue;
            }
            long theirs = other.ownership().epoch();
            if (theirs > mine.epoch()) {
                return server;
            }
            boolean both = theirs == mine.epoch()
                    && mine.owner().equals(step.self())
                    && knowledge.usable(server)
                    && other.state().inService()
                    && step.inService(tag);
            if (both && step.topology().priority(tag, server) < step.topology().priority(tag, step.self())) {
                return server;
            }
        }
        return "";
    }

    /**
     * Returns the server to which somebody promised a group, newer than what this one runs it under. Whoever promised it had
     * found that this server's right had ended.
     */
    private String promised(String tag, long epoch) {
        var places = new Promises(step).places(tag);
        long newest = epoch;
        String owner = "";
        for (var place : places.entrySet()) {
            Instance one = step.lcd(place.getKey()).instances().get(place.getValue());
            if (one != null && one.ownership().epoch() > newest) {
                newest = one.ownership().epoch();
                owner = one.ownership().owner();
            }
        }
        TreeSet<String> all = new TreeSet<>(step.peers().keySet());
        all.add(step.self());
        for (String server : all) {
            for (var row : step.lcd(server).rows(LcdSection.PROMISES).values()) {
                if (row.concerns(places) && row.epoch() > newest) {
                    newest = row.epoch();
                    owner = row.owner();
                }
            }
        }
        return owner.equals(step.self()) ? "" : owner;
    }

    /** The kits had their time: what hangs is cancelled, and its kill handles follow. */
    void deadline(String hierarchy) {
        for (var operation : step.operations()) {
            if (operation.kind() == Kind.REMOVE && operation.tags().contains(hierarchy)) {
                step.operation(operation.withWork(work -> work.withEscalate(true)));
                operation.work().running().values().forEach(id -> step.effect(new Effect.CancelAction(id)));
            }
        }
    }

    private void stop(SortedSet<String> outdated, String winner) {
        SortedSet<String> tags = step.topology().withAbove(outdated);
        TreeSet<String> todo = new TreeSet<>(tags);
        todo.removeIf(one -> !step.occupies(one));
        step.vain.addAll(todo);
        String names = String.join(", ", outdated);
        step.note(
                Notices.SPLIT_BRAIN,
                Level.ERROR,
                outdated.first(),
                "taken over by " + winner + " while running on " + step.self() + ", and stopped here: " + names);
        if (step.settings.safety().leased()) {
            interrupt(tags);
            step.startTimer(
                    DEADLINE + ":" + tags.first(), step.settings.safety().lossStop() * 2 / 5);
        }
        var operation = new InstanceReservations(step)
                .begin(Kind.REMOVE, tags, todo, Asker.NOBODY, "taken over by " + winner, Then.NOTHING);
        step.operation(operation.withWork(work -> work.withEscalate(true)));
    }

    /** What is being done to it must end first, and at once. */
    private void interrupt(SortedSet<String> tags) {
        for (var operation : step.operations()) {
            if (operation.tags().stream().anyMatch(tags::contains)) {
                operation.work().running().values().forEach(id -> step.effect(new Effect.CancelAction(id)));
            }
        }
    }
}
