package org.mainstay.core.decision.rule;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.Handover;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.effect.Notices;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.state.ServiceOperation;
import org.mainstay.core.decision.state.ServiceOperation.Asker;
import org.mainstay.core.decision.state.ServiceOperation.Kind;
import org.mainstay.core.decision.state.ServiceOperation.Then;

/**
 * The giving side of handovers (design.md section 4), and what both sides share. The two servers need no messages for it but
 * their replicated records: each side acts on the other's record, so a lost session or a crash at any step is taken up again
 * as soon as the databases are exchanged. Only a refusal is a message.
 *
 * <table>
 * <caption>Records</caption>
 * <tr><th>step</th><th>on {@code to}</th><th>on {@code from}</th></tr>
 * <tr><td>PREPARED</td><td>asks for the resources, or agrees to an offer</td><td>offers them</td></tr>
 * <tr><td>REMOVING</td><td>-</td><td>both agree; removes</td></tr>
 * <tr><td>RELEASED</td><td>-</td><td>all removed; still responsible</td></tr>
 * <tr><td>ACCEPTED</td><td>owns the epochs, restores; responsible</td><td>deletes its record when it sees that</td></tr>
 * </table>
 */
final class Handovers {
    static final String FAILOVER = "failover";
    /** Timer: whoever something was released to cannot take it; the rest is the handover's id. */
    static final String UNTAKEN = "untaken";

    private static final String OVERTAKEN = "the request is older than the newest claim: ask again";

    private final Step step;
    private final Knowledge knowledge;
    private final InstanceReservations reservations;

    Handovers(Step step) {
        this.step = step;
        knowledge = new Knowledge(step);
        reservations = new InstanceReservations(step);
    }

    /** Writes the record of a handover this server begins as the giving one. */
    void offer(
            String kind,
            String to,
            Collection<String> tags,
            Handover.Step first,
            String reason,
            Collection<String> tried) {
        TreeMap<String, Long> epochs = new TreeMap<>();
        for (String tag : tags) {
            epochs.put(
                    step.topology().tagOn(tag, to, step.self()),
                    Epochs.handedOver(step, knowledge.newestEpoch(tag), to));
        }
        String id = step.newId(kind);
        step.put(
                LcdSection.HANDOVERS,
                id,
                new Handover(id, step.self(), to, epochs, first, reason, List.copyOf(new TreeSet<>(tried))));
    }

    /** Returns the own tags a handover concerns. */
    SortedSet<String> ownTags(Handover handover) {
        TreeSet<String> result = new TreeSet<>();
        for (String tag : handover.epochs().keySet()) {
            String mine =
                    handover.to().equals(step.self()) ? tag : step.topology().mine(handover.to(), tag);
            if (mine != null && step.instance(mine) != null) {
                result.add(mine);
            }
        }
        return result;
    }

    /** Returns whether this server is handing over one of the resources. */
    boolean givesAway(Collection<String> tags) {
        return step.own().rows(LcdSection.HANDOVERS).values().stream()
                .anyMatch(handover -> handover.from().equals(step.self())
                        && (handover.step() == Handover.Step.REMOVING || handover.step() == Handover.Step.RELEASED)
                        && !java.util.Collections.disjoint(ownTags(handover), tags));
    }

    void settle() {
        for (Handover handover :
                List.copyOf(step.own().rows(LcdSection.HANDOVERS).values())) {
            if (handover.from().equals(step.self())) {
                giving(handover);
            }
        }
        for (String peer : List.copyOf(step.peers().keySet())) {
            if (!knowledge.usable(peer)) {
                continue;
            }
            forgetRefusals(peer);
            for (Handover handover :
                    step.peer(peer).lcd().rows(LcdSection.HANDOVERS).values()) {
                if (handover.from().equals(step.self())
                        && handover.to().equals(peer)
                        && handover.step() == Handover.Step.PREPARED) {
                    asked(handover);
                }
            }
        }
        new Takings(step).settle();
    }

    private void forgetRefusals(String peer) {
        step.refused
                .entrySet()
                .removeIf(entry -> entry.getValue().equals(peer)
                        && step.peer(peer)
                                .lcd()
                                .row(LcdSection.HANDOVERS, entry.getKey())
                                .isEmpty());
    }

    /** Another server asks for resources. */
    private void asked(Handover handover) {
        String id = handover.id();
        if (step.own().row(LcdSection.HANDOVERS, id).isPresent() || step.refused.containsKey(id) || begun(id) != null) {
            return;
        }
        String objection = objection(handover);
        if (!objection.isEmpty()) {
            refuse(id, handover.to(), ExitCode.IN_USE, objection);
            return;
        }
        remove(handover);
    }

    private String objection(Handover handover) {
        if (step.phase() != Phase.AVAILABLE && !moves(handover)) {
            return "Mainstay on " + step.self() + " is " + (step.stop.asked() ? "being stopped" : "still starting");
        }
        if (ownTags(handover).isEmpty()) {
            return "nothing of it exists on " + step.self();
        }
        for (Handover other : step.own().rows(LcdSection.HANDOVERS).values()) {
            if (!other.id().equals(handover.id())
                    && !java.util.Collections.disjoint(ownTags(other), ownTags(handover))) {
                return "it is being moved from " + other.from() + " to " + other.to() + " already";
            }
        }
        if (overtaken(handover)) {
            return OVERTAKEN;
        }
        for (Map.Entry<String, Long> entry : handover.epochs().entrySet()) {
            String tag = step.topology().mine(handover.to(), entry.getKey());
            if (tag == null || step.instance(tag) == null) {
                continue;
            }
            String locked = Agreements.lock(step, tag);
            if (!locked.isEmpty()) {
                return locked;
            }
        }
        return "";
    }

    /** Returns whether this server itself offered it, to get rid of it while it is shut down. */
    private boolean moves(Handover handover) {
        return step.phase() == Phase.STOPPING
                && step.own().row(LcdSection.HANDOVERS, handover.id()).isPresent();
    }

    private ServiceOperation begun(String handoverId) {
        return step.operations().stream()
                .filter(operation -> operation.then().handoverId().equals(handoverId))
                .findFirst()
                .orElse(null);
    }

    /** Queues the removal of what a handover gives away. */
    private void remove(Handover handover) {
        SortedSet<String> tags = step.topology().withAbove(ownTags(handover));
        reservations.begin(
                Kind.REMOVE,
                tags,
                tags,
                Asker.NOBODY,
                handover.reason(),
                new Then(Then.Step.RELEASE, handover.id(), handover.tried(), 0));
    }

    /** The removal may begin: recorded together with its first actions. Returns false if the other side has given up. */
    boolean activate(ServiceOperation operation) {
        String id = operation.then().handoverId();
        Handover own = step.own().rows(LcdSection.HANDOVERS).get(id);
        Handover theirs = null;
        for (String peer : step.peers().keySet()) {
            Handover row = step.peer(peer).lcd().rows(LcdSection.HANDOVERS).get(id);
            if (row != null && row.to().equals(peer) && knowledge.usable(peer)) {
                theirs = row;
            }
        }
        boolean resumed = own != null && own.step() == Handover.Step.REMOVING;
        if (theirs == null && !resumed) {
            step.end(operation.id());
            return false;
        }
        Handover row = own == null ? theirs : own;
        String objection = resumed ? "" : objection(row);
        if (!objection.isEmpty()) {
            step.drop(LcdSection.HANDOVERS, id);
            step.end(operation.id());
            refuse(id, row.to(), ExitCode.IN_USE, objection);
            return false;
        }
        step.put(LcdSection.HANDOVERS, id, row.at(Handover.Step.REMOVING));
        return true;
    }

    /** The removal has ended. */
    void removed(ServiceOperation operation, boolean complete) {
        Handover handover =
                step.own().rows(LcdSection.HANDOVERS).get(operation.then().handoverId());
        if (handover == null) {
            return;
        }
        // Who has no right to run any more may be taken for stopped by others: it hands nothing over besides.
        if (complete && !step.right().lost()) {
            step.put(LcdSection.HANDOVERS, handover.id(), handover.at(Handover.Step.RELEASED));
            return;
        }
        String text = complete
                ? step.right().reason()
                : "could not be taken out of service on " + step.self() + ": "
                        + InstanceReservations.failures(operation);
        step.drop(LcdSection.HANDOVERS, handover.id());
        if (step.right().lost()) {
            neverAgain(handover);
        }
        refuse(handover.id(), handover.to(), ExitCode.SYSTEM_ERROR, text);
        restoreHere(ownTags(handover), "the switchover to " + handover.to() + " failed");
    }

    /** Takes up or gives up a handover this server gives. */
    private void giving(Handover handover) {
        String id = handover.id();
        boolean usable = knowledge.usable(handover.to());
        if (usable && knowledge.accepted(handover) && begun(id) == null) {
            remember(handover);
            step.drop(LcdSection.HANDOVERS, id);
            return;
        }
        if (begun(id) == null && handover.step() != Handover.Step.PREPARED && overtaken(handover)) {
            step.drop(LcdSection.HANDOVERS, id);
            refuse(id, handover.to(), ExitCode.IN_USE, OVERTAKEN);
            return;
        }
        boolean down = knowledge.down(handover.to());
        boolean gone = knowledge.gone(handover.to());
        switch (handover.step()) {
            case PREPARED -> {
                if (down || !step.start.passed() && step.stop.asked()) {
                    step.drop(LcdSection.HANDOVERS, id);
                } else if (usable
                        && begun(id) == null
                        && step.lcd(handover.to()).row(LcdSection.HANDOVERS, id).isPresent()) {
                    remove(handover);
                }
            }
            case REMOVING -> {
                // Who is stopped before it has started must not wait for the start that never comes.
                boolean stops = step.stop.asked() && !step.stop.leaveRunning();
                if (begun(id) == null && (step.start.passed() || stops)) {
                    remove(handover);
                }
            }
            case RELEASED -> {
                if (gone && step.start.passed()) {
                    givenBack(handover, handover.to() + " is down");
                } else if (step.start.passed()) {
                    watchTaker(handover);
                }
            }
            case ACCEPTED -> step.drop(LcdSection.HANDOVERS, id);
        }
    }

    /** Records what was handed over as promised: who is asked for it next must wait until the taker is heard of it. */
    private void remember(Handover handover) {
        if (step.settings.safety().leased()) {
            handover.epochs().forEach((theirs, epoch) -> {
                String tag = step.topology().mine(handover.to(), theirs);
                if (tag != null) {
                    step.ownership(tag, one -> one.epoch() < epoch ? one.withEpoch(epoch, handover.to()) : one);
                }
            });
        }
    }

    /** A taker whose guard goes on is never down: if its manager is away it has one detection time to return. */
    private void watchTaker(Handover handover) {
        String timer = UNTAKEN + ":" + handover.id();
        if (!knowledge.inert(handover.to())) {
            step.cancelTimer(timer);
        } else if (!step.timers.contains(timer)) {
            step.startTimer(timer, knowledge.detection(handover.to()));
        }
    }

    /** The taker's manager stayed away: by its copy it did not accept, and without a session it cannot (I9). */
    void untaken(String handoverId) {
        Handover handover = step.own().rows(LcdSection.HANDOVERS).get(handoverId);
        if (handover != null
                && handover.from().equals(step.self())
                && handover.step() == Handover.Step.RELEASED
                && knowledge.inert(handover.to())) {
            String why = "Mainstay does not run on " + handover.to();
            step.note(
                    Notices.SWITCHOVER,
                    Level.WARNING,
                    "",
                    handover.to() + " does not take over " + String.join(", ", ownTags(handover)) + ": " + why);
            givenBack(handover, why);
        }
    }

    /** Returns whether newer claims made a promise worthless. */
    private boolean overtaken(Handover handover) {
        return handover.epochs().entrySet().stream().anyMatch(entry -> {
            String tag = step.topology().mine(handover.to(), entry.getKey());
            return tag != null
                    && step.instance(tag) != null
                    && Epochs.reaches(step, knowledge.recordedEpoch(tag), entry.getValue());
        });
    }

    /**
     * What was released for another server, and not taken yet as far as is known, is withdrawn: this server had no right to run for
     * some time, so others may have claimed it, and whoever takes it from here later does so without a claim (I1). It is nobody's
     * then and claimed anew.
     */
    void withdraw(String why) {
        for (Handover handover :
                List.copyOf(step.own().rows(LcdSection.HANDOVERS).values())) {
            if (handover.step() == Handover.Step.PREPARED) {
                notBegun(handover, why);
                continue;
            }
            boolean released = handover.from().equals(step.self()) && handover.step() == Handover.Step.RELEASED;
            if (released && begun(handover.id()) == null) {
                step.drop(LcdSection.HANDOVERS, handover.id());
                neverAgain(handover);
                refuse(handover.id(), handover.to(), ExitCode.IN_USE, step.self() + " withdraws it: " + why);
            }
        }
    }

    /** What was only asked for or offered is asked for anew. */
    private void notBegun(Handover handover, String why) {
        ServiceOperation operation = begun(handover.id());
        if (handover.to().equals(step.self())) {
            step.drop(LcdSection.HANDOVERS, handover.id());
            if (operation != null) {
                reservations.finish(
                        operation, Reply.failed(ExitCode.SYSTEM_ERROR, step.self() + " gives it up: " + why));
            }
        } else if (operation == null && !step.stop.asked()) {
            step.drop(LcdSection.HANDOVERS, handover.id());
        }
    }

    /** The other side may have used the promised epochs and died: they are never used again. */
    private void neverAgain(Handover handover) {
        handover.epochs().forEach((theirs, epoch) -> {
            String tag = step.topology().mine(handover.to(), theirs);
            if (tag != null) {
                step.ownership(tag, one -> one.epoch() < epoch ? one.withEpoch(epoch, "") : one);
            }
        });
    }

    /** The other side does not take what was released to it: this server is still responsible. */
    private void givenBack(Handover handover, String why) {
        step.drop(LcdSection.HANDOVERS, handover.id());
        SortedSet<String> tags = ownTags(handover);
        neverAgain(handover);
        if (handover.id().startsWith(FAILOVER)) {
            TreeSet<String> tried = new TreeSet<>(handover.tried());
            tried.add(handover.to());
            new Failover(step).next(tags, List.copyOf(tried), handover.reason());
        } else if (step.phase() == Phase.AVAILABLE) {
            restoreHere(tags, "the switchover to " + handover.to() + " failed: " + why);
        }
    }

    private void restoreHere(SortedSet<String> tags, String reason) {
        if (step.phase() != Phase.AVAILABLE) {
            return;
        }
        SortedSet<String> wanted = new Failover(step).wanted(tags);
        if (!wanted.isEmpty()) {
            reservations.begin(
                    Kind.RESTORE, step.topology().withBelow(wanted), wanted, Asker.NOBODY, reason, Then.NOTHING);
        }
    }

    // ---- refusals

    /** Refuses a handover whose other side is found from the records. */
    void refuse(String handoverId, int code, String reason) {
        for (String peer : step.peers().keySet()) {
            if (step.peer(peer).lcd().row(LcdSection.HANDOVERS, handoverId).isPresent()) {
                refuse(handoverId, peer, code, reason);
            }
        }
    }

    /** Nobody hears a refusal without a session: with the next one it is decided anew. */
    void refuse(String handoverId, String peer, int code, String reason) {
        if (!step.peer(peer).session()) {
            return;
        }
        step.refused.put(handoverId, peer);
        step.touch();
        step.send(peer, new CoreMessage.HandoverRefused(handoverId, code, reason));
    }

    /** The other side refuses. */
    void refused(String peer, CoreMessage.HandoverRefused refusal) {
        Handover handover = step.own().rows(LcdSection.HANDOVERS).get(refusal.handoverId());
        if (handover == null) {
            return;
        }
        if (handover.to().equals(step.self())) {
            if (handover.step() == Handover.Step.ACCEPTED) {
                // It was on its way when this server took over what was released.
                return;
            }
            step.drop(LcdSection.HANDOVERS, handover.id());
            ServiceOperation operation = begun(handover.id());
            if (operation != null) {
                reservations.finish(
                        operation, Reply.failed(refusal.exitCode(), peer + " refused: " + refusal.reason()));
            }
            return;
        }
        step.note(
                Notices.SWITCHOVER,
                Level.WARNING,
                "",
                peer + " does not take over " + String.join(", ", ownTags(handover)) + ": " + refusal.reason());
        if (handover.step() == Handover.Step.RELEASED) {
            givenBack(handover, refusal.reason());
        } else if (begun(handover.id()) == null) {
            step.drop(LcdSection.HANDOVERS, handover.id());
            new Stopping(step).notMoved(handover);
        }
    }
}
