package org.mainstay.core.decision.rule;

import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.Handover;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.effect.Notices;
import org.mainstay.core.decision.state.ServiceOperation;
import org.mainstay.core.decision.state.ServiceOperation.Asker;
import org.mainstay.core.decision.state.ServiceOperation.Claim;
import org.mainstay.core.decision.state.ServiceOperation.Kind;
import org.mainstay.core.decision.state.ServiceOperation.Stage;
import org.mainstay.core.decision.state.ServiceOperation.Then;

/** The taking side of handovers; see {@link Handovers}. */
final class Takings {
    private final Step step;
    private final Knowledge knowledge;
    private final Handovers handovers;
    private final Promises promises;

    Takings(Step step) {
        this.step = step;
        promises = new Promises(step);
        knowledge = new Knowledge(step);
        handovers = new Handovers(step);
    }

    void settle() {
        // Before anything is resumed: the hold of the right is recorded only when all that ran has been looked at.
        if (step.right().granted() && !new RightRules(step).unbroken()) {
            forget(RightRules.GAP);
        }
        for (Handover handover :
                List.copyOf(step.own().rows(LcdSection.HANDOVERS).values())) {
            if (handover.to().equals(step.self())) {
                own(handover);
            }
        }
        for (String peer : List.copyOf(step.peers().keySet())) {
            if (!knowledge.usable(peer)) {
                continue;
            }
            for (Handover handover :
                    step.peer(peer).lcd().rows(LcdSection.HANDOVERS).values()) {
                if (handover.to().equals(step.self()) && handover.from().equals(peer)) {
                    offered(handover);
                }
            }
        }
    }

    /** Asks another server for what it has in service, for an operation that waits meanwhile. */
    void ask(ServiceOperation operation, String from, SortedSet<String> tags) {
        var epochs = new java.util.TreeMap<String, Long>();
        tags.forEach(tag -> epochs.put(tag, Epochs.handedOver(step, knowledge.newestEpoch(tag), step.self())));
        String id = step.newId("switchover");
        step.put(
                LcdSection.HANDOVERS,
                id,
                new Handover(id, from, step.self(), epochs, Handover.Step.PREPARED, operation.reason(), List.of()));
        step.operation(operation.at(Stage.AWAITING).withThen(new Then(Then.Step.NOTHING, id, List.of(), 0)));
        step.note(
                Notices.SWITCHOVER,
                Level.INFORMATION,
                "",
                "switchover of " + String.join(", ", tags) + " from " + from + " to " + step.self());
        new Restoring(step).askHandles(operation.id());
    }

    private ServiceOperation working(String handoverId) {
        return step.operations().stream()
                .filter(operation -> operation.then().handoverId().equals(handoverId))
                .findFirst()
                .orElse(null);
    }

    private void own(Handover handover) {
        ServiceOperation operation = working(handover.id());
        if (handover.step() == Handover.Step.PREPARED) {
            prepared(handover, operation);
        } else if (operation == null && step.start.passed()) {
            resume(handover);
        }
    }

    private void prepared(Handover handover, ServiceOperation operation) {
        if (knowledge.gone(handover.from())) {
            step.drop(LcdSection.HANDOVERS, handover.id());
            if (operation != null) {
                Claim none = Claim.NONE;
                new Claims(step).begin(operation.withThen(Then.NOTHING).withClaim(none.withTakeover(true)));
            }
            return;
        }
        boolean unknownThere = knowledge.usable(handover.from())
                && step.lcd(handover.from())
                        .row(LcdSection.HANDOVERS, handover.id())
                        .isEmpty();
        if (operation == null && unknownThere) {
            step.drop(LcdSection.HANDOVERS, handover.id());
        }
    }

    /**
     * What this server had accepted and not begun to restore is not its own any more: while it had no right to run, or was off,
     * others may have taken it over, also those who cannot be heard. It is claimed anew, like everything that is wanted in service
     * (I1). Nor is what it had released for another one still its to give: see {@link Handovers#withdraw}.
     */
    void forget(String why) {
        handovers.withdraw(why);
        for (Handover handover :
                List.copyOf(step.own().rows(LcdSection.HANDOVERS).values())) {
            if (handover.to().equals(step.self())
                    && handover.step() == Handover.Step.ACCEPTED
                    && working(handover.id()) == null) {
                step.drop(LcdSection.HANDOVERS, handover.id());
                step.note(
                        Notices.SWITCHOVER,
                        Level.INFORMATION,
                        "",
                        step.self() + " had taken over "
                                + String.join(", ", handover.epochs().keySet()) + " from " + handover.from()
                                + " and not started it; " + why + ", so it is claimed anew");
            }
        }
    }

    /** This server had accepted when its manager went away: it goes on restoring. */
    private void resume(Handover handover) {
        SortedSet<String> tags = new TreeSet<>(handovers.ownTags(handover));
        tags.removeIf(tag -> step.inService(tag)
                || knowledge.contested(tag, step.instance(tag).ownership().epoch())
                || promisedSince(tag, step.instance(tag).ownership().epoch())
                || knowledge.occupant(tag) != null
                || !knowledge.wantedIn(tag));
        if (!tags.isEmpty() && !step.mayStart()) {
            return;
        }
        if (tags.isEmpty()) {
            step.drop(LcdSection.HANDOVERS, handover.id());
        } else if (tags.stream().noneMatch(step::claimedByOperation)) {
            ServiceOperation operation = begin(handover, tags);
            new Restoring(step).granted(operation);
        }
    }

    /**
     * Returns whether a claim is known that an epoch of this server must not pass over, also by who only promised it: where that is
     * a lease, whoever has promised lets this server run again only when it has the promise in its database.
     */
    private boolean promisedSince(String tag, long epoch) {
        return step.settings.safety().leased() && promises.newerOf(step.self(), promises.places(tag), epoch);
    }

    private ServiceOperation begin(Handover handover, SortedSet<String> tags) {
        return new InstanceReservations(step)
                .begin(
                        Kind.RESTORE,
                        step.topology().withBelow(tags),
                        tags,
                        Asker.NOBODY,
                        handover.reason(),
                        new Then(Then.Step.NOTHING, handover.id(), handover.tried(), 0));
    }

    /** The giving server's record. */
    private void offered(Handover handover) {
        if (knowledge.accepted(handover) || step.refused.containsKey(handover.id())) {
            return;
        }
        ServiceOperation operation = working(handover.id());
        boolean known = step.own().row(LcdSection.HANDOVERS, handover.id()).isPresent();
        switch (handover.step()) {
            case PREPARED -> {
                if (!known && agree(handover)) {
                    step.put(LcdSection.HANDOVERS, handover.id(), handover);
                    ServiceOperation waiting = begin(handover, handovers.ownTags(handover));
                    step.operation(waiting.at(Stage.AWAITING));
                    new Restoring(step).askHandles(waiting.id());
                }
            }
            case RELEASED -> {
                if (operation != null && operation.stage() == Stage.AWAITING) {
                    acceptWanted(handover, operation);
                } else if (operation == null && agree(handover)) {
                    accept(handover, begin(handover, handovers.ownTags(handover)));
                }
            }
            case REMOVING, ACCEPTED -> {
                // removing: wait; accepted is never written by the giving side
            }
        }
    }

    /** Returns why an offer does not hold any more; empty if it does. */
    private String current(Handover handover) {
        for (Map.Entry<String, Long> entry : handover.epochs().entrySet()) {
            if (step.instance(entry.getKey()) != null
                    && (Epochs.reaches(step, knowledge.recordedEpoch(entry.getKey()), entry.getValue())
                            || promisedSince(entry.getKey(), entry.getValue()))) {
                return "a newer claim of " + entry.getKey() + " is known on " + step.self();
            }
        }
        return knowledge.heldElsewhere(handovers.ownTags(handover), handover.from());
    }

    /** Returns whether this server takes what is offered; refuses it otherwise. */
    private boolean agree(Handover handover) {
        SortedSet<String> tags = handovers.ownTags(handover);
        String objection = "";
        if (step.phase() != Phase.AVAILABLE) {
            objection = "Mainstay on " + step.self() + " is not ready";
        } else if (tags.size() < handover.epochs().size()) {
            objection = "not all of it is extended to " + step.self();
        } else if (tags.stream().anyMatch(step::claimedByOperation)) {
            objection = "another operation works on it on " + step.self();
        } else if (!tags.stream().allMatch(knowledge::wantedIn)) {
            objection = "it is wanted out of service";
        } else if (!current(handover).isEmpty()) {
            objection = current(handover);
        } else {
            objection = new Eligibility(step).obstacle(step.self(), tags, handover.tried());
        }
        if (!objection.isEmpty()) {
            handovers.refuse(handover.id(), handover.from(), ExitCode.IN_USE, objection);
        }
        return objection.isEmpty();
    }

    private void acceptWanted(Handover handover, ServiceOperation operation) {
        boolean wanted = handovers.ownTags(handover).stream().allMatch(knowledge::wantedIn);
        String text = wanted ? current(handover) : "it was taken out of service meanwhile";
        if (text.isEmpty() && !step.mayStart()) {
            text = step.whyNot();
        }
        if (text.isEmpty()) {
            accept(handover, operation);
            return;
        }
        step.drop(LcdSection.HANDOVERS, handover.id());
        handovers.refuse(handover.id(), handover.from(), ExitCode.IN_USE, text);
        new InstanceReservations(step).finish(operation, Reply.failed(ExitCode.IN_USE, text));
    }

    /** Takes over the responsibility: epochs, record and the begin of the restore are one commit. */
    private void accept(Handover handover, ServiceOperation operation) {
        for (Map.Entry<String, Long> entry : handover.epochs().entrySet()) {
            if (step.instance(entry.getKey()) != null) {
                step.ownership(entry.getKey(), ownership -> ownership.withEpoch(entry.getValue(), step.self()));
            }
        }
        step.put(LcdSection.HANDOVERS, handover.id(), handover.at(Handover.Step.ACCEPTED));
        step.note(
                Notices.SWITCHOVER,
                Level.INFORMATION,
                "",
                step.self() + " takes over "
                        + String.join(", ", handover.epochs().keySet()) + " from " + handover.from() + ": "
                        + handover.reason());
        new Restoring(step).granted(operation);
    }
}
