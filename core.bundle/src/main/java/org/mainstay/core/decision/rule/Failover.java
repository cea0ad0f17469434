package org.mainstay.core.decision.rule;

import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.lcd.Handover;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.effect.Notices;
import org.mainstay.core.decision.state.ServiceOperation;
import org.mainstay.core.decision.state.ServiceOperation.Asker;
import org.mainstay.core.decision.state.ServiceOperation.Kind;
import org.mainstay.core.decision.state.ServiceOperation.Stage;
import org.mainstay.core.decision.state.ServiceOperation.Then;

/** Failed checks, local recovery, and the way of a hierarchy to the next server. */
final class Failover {
    static final String RECOVER = "recover";
    /** Timer: the storage of a resource is lost while an operation works on it; the rest is its tag. */
    static final String LOST = "lost";

    private static final long LOOK_AGAIN_MILLIS = 500;
    private static final String STORAGE_LOST = "the storage it uses belongs to another server or cannot be kept";

    private final Step step;
    private final Knowledge knowledge;
    private final Eligibility eligibility;
    private final InstanceReservations reservations;

    Failover(Step step) {
        this.step = step;
        knowledge = new Knowledge(step);
        eligibility = new Eligibility(step);
        reservations = new InstanceReservations(step);
    }

    /** A check failed: repaired in place if that is wanted, else the hierarchy moves (ADM-070). */
    void checkFailed(String tag, String check, String message) {
        var instance = step.instance(tag);
        if (instance == null
                || instance.state() != InstanceState.ISP
                || !step.monitored.contains(tag)
                || step.claimedByOperation(tag)
                || knowledge.maintained(step.topology().hierarchy(tag))) {
            return;
        }
        step.note(
                Notices.CHECK_FAILED,
                Level.ERROR,
                tag,
                check + " of " + tag + " on " + step.self() + " failed: " + message);
        String reason = check + " failed: " + message;
        if (instance.settings().localRecovery() && step.kits.contains(instance.typeKey())) {
            reservations.begin(Kind.RECOVER, List.of(tag), List.of(tag), Asker.NOBODY, reason, Then.NOTHING);
        } else {
            begin(tag, reason);
        }
    }

    /**
     * The right to a resource's storage is lost: it leaves this server and is not tried here again by itself. Nothing is repaired
     * in place, because whatever is started here could work on storage that another server uses (I1).
     */
    void lost(String tag, String message) {
        if (step.instance(tag) == null || !step.occupies(tag)) {
            return;
        }
        SortedSet<String> hierarchy = step.topology().hierarchy(tag);
        boolean held = step.claimedByOperation(tag);
        if (step.phase() == Phase.AVAILABLE && !held && !knowledge.maintained(hierarchy)) {
            if (step.instance(tag).state() != InstanceState.OSF) {
                leave(tag, hierarchy, message);
            }
            return;
        }
        for (ServiceOperation operation : step.operations()) {
            if (operation.tags().contains(tag) && operation.kind() != Kind.REMOVE) {
                giveUp(operation, tag, message);
            }
        }
        // Looked at again when the operation, the start or the maintenance has ended: it must not be forgotten.
        if (!step.timers.contains(LOST + ":" + tag)) {
            step.startTimer(LOST + ":" + tag, LOOK_AGAIN_MILLIS);
        }
    }

    void stillLost(String tag) {
        lost(tag, STORAGE_LOST);
    }

    /** What works on lost storage is stopped; an operation that waits for its turn finds it gone. */
    private void giveUp(ServiceOperation operation, String tag, String message) {
        operation.work().running().values().forEach(id -> step.effect(new Effect.CancelAction(id)));
        boolean restoring = operation.kind() == Kind.RESTORE && operation.stage() == Stage.RUNNING;
        if (restoring && !operation.work().failures().containsKey(tag)) {
            step.operation(operation.withWork(work -> work.withFailure(tag, message)));
        }
    }

    private void leave(String tag, SortedSet<String> hierarchy, String message) {
        String reason = "the right to its storage is lost: " + message;
        step.ownership(tag, ownership -> ownership.withFailures(ownership.failures() + 1));
        step.change(tag, instance -> instance.withState(instance.state(), reason, step.at));
        step.note(Notices.FAILOVER, Level.ERROR, tag, "failover of " + tag + " from " + step.self() + ": " + reason);
        TreeSet<String> todo = new TreeSet<>(hierarchy);
        todo.removeIf(one -> !step.occupies(one));
        ServiceOperation operation = reservations.begin(
                Kind.REMOVE,
                hierarchy,
                todo,
                Asker.NOBODY,
                reason,
                new Then(Then.Step.FAILOVER, "", List.of(step.self()), 0));
        // A resource with a failure is OSF when it is out: not tried here again before an operator or a new start says
        // so.
        step.operation(operation.withWork(work -> work.withFailure(tag, reason)));
    }

    /** Runs the recover action. */
    void activateRecover(ServiceOperation operation) {
        String tag = operation.tags().first();
        if (!step.inService(tag)) {
            step.end(operation.id());
            return;
        }
        String actionId = step.newId(RECOVER);
        step.effect(new Effect.RunAction(
                actionId,
                tag,
                RECOVER,
                List.of(),
                step.instance(tag).ownership().epoch(),
                false,
                false,
                step.right().until(),
                operation.reason()));
        step.operation(operation.at(Stage.RUNNING).withWork(work -> work.withRunning(tag, actionId)));
    }

    void recovered(ServiceOperation operation, String tag, boolean succeeded, String message) {
        step.end(operation.id());
        if (step.timers.contains(LOST + ":" + tag)) {
            // Whatever was repaired, it was repaired on storage that is lost.
            step.cancelTimer(LOST + ":" + tag);
            stillLost(tag);
            return;
        }
        if (step.instance(tag) == null) {
            return;
        }
        if (succeeded) {
            step.state(tag, InstanceState.ISP, "recover action has succeeded");
            step.note(Notices.RECOVERED, Level.WARNING, tag, tag + " was recovered on " + step.self() + ": " + message);
            return;
        }
        step.note(
                Notices.RECOVER_FAILED,
                Level.ERROR,
                tag,
                "local recovery of " + tag + " on " + step.self() + " failed: " + message);
        begin(tag, operation.reason() + "; recover failed: " + message);
    }

    /** The hierarchy of a failed resource leaves this server, or stays failed where no other may take it (ADM-074). */
    private void begin(String tag, String reason) {
        SortedSet<String> hierarchy = step.topology().hierarchy(tag);
        String missing = eligibility.unremovable(step.self(), hierarchy);
        if (!missing.isEmpty()) {
            refuse(tag, reason + "; failover refused: " + missing);
            return;
        }
        if (eligibility.allRestricted(hierarchy)) {
            step.state(tag, InstanceState.ISU, reason);
            step.change(tag, instance -> instance.withFailed(true));
            step.note(
                    Notices.FAILED_IN_PLACE,
                    Level.ERROR,
                    tag,
                    tag + " has failed on " + step.self()
                            + " and stays there, not monitored: failover to every other server" + " is disabled");
            return;
        }
        step.ownership(tag, ownership -> ownership.withFailures(ownership.failures() + 1));
        step.change(tag, instance -> instance.withState(instance.state(), reason, step.at));
        step.note(Notices.FAILOVER, Level.ERROR, tag, "failover of " + tag + " from " + step.self() + ": " + reason);
        TreeSet<String> todo = new TreeSet<>(hierarchy);
        todo.removeIf(one -> !step.occupies(one));
        reservations.begin(
                Kind.REMOVE, hierarchy, todo, Asker.NOBODY, reason, new Then(Then.Step.FAILOVER, "", List.of(), 0));
    }

    /**
     * A hierarchy that could be stopped in part only stays as it is (I8): what works of it goes on serving, its failed resource is looked
     * at again at each check and moves as soon as the kit is back. Said once, not at each check.
     */
    private void refuse(String tag, String reason) {
        if (step.instance(tag).reason().equals(reason)) {
            return;
        }
        step.change(tag, instance -> instance.withState(instance.state(), reason, step.at));
        step.note(Notices.FAILED_IN_PLACE, Level.ERROR, tag, tag + " on " + step.self() + ": " + reason);
    }

    /** The hierarchy is off this server, or could not be stopped. */
    void removed(ServiceOperation operation, boolean complete) {
        if (!complete) {
            return;
        }
        next(operation.tags(), operation.then().tried(), operation.reason());
    }

    /** Gives the hierarchy, out of service here, to the best server that may have it; else this one tries again or gives up. */
    void next(Collection<String> hierarchy, List<String> tried, String reason) {
        SortedSet<String> wanted = wanted(hierarchy);
        // What is being handed over already has its taker: it must never be offered to a second one (I1).
        if (wanted.isEmpty()
                || new Handovers(step).givesAway(wanted)
                || wanted.stream().anyMatch(step::occupies)
                || !knowledge.heldElsewhere(wanted, "").isEmpty()) {
            return;
        }
        List<String> targets = eligibility.targets(wanted, tried);
        if (!targets.isEmpty() && !step.loss.stopping()) {
            new Handovers(step).offer("failover", targets.get(0), wanted, Handover.Step.RELEASED, reason, tried);
            return;
        }
        String root = step.topology().roots(wanted).isEmpty()
                ? wanted.first()
                : step.topology().roots(wanted).first();
        String obstacle = eligibility.obstacle(step.self(), wanted, tried);
        String missing = withoutKit(wanted);
        if (obstacle.isEmpty()) {
            if (!missing.isEmpty()) {
                step.note(
                        Notices.OBSTACLE,
                        Level.WARNING,
                        root,
                        root + " is not moved from " + step.self() + ", where it is tried again: " + missing);
            }
            return;
        }
        obstacle += missing.isEmpty() ? "" : "; " + missing;
        for (String tag : wanted) {
            if (step.instance(tag).ownership().failures() >= step.settings.failureLimit()) {
                step.state(tag, InstanceState.OSF, obstacle);
            }
        }
        step.note(
                Notices.NO_SERVER_LEFT,
                Level.ERROR,
                root,
                root + " is out of service: no server is left that may run it (" + obstacle + ")");
    }

    /** Returns which other servers cannot have the resources for want of a kit: easily mended, if it is known. */
    private String withoutKit(Collection<String> tags) {
        return step.topology().sharers(tags, step.self()).stream()
                .map(server -> knowledge.ready(server) ? eligibility.missingKit(server, tags) : "")
                .filter(missing -> !missing.isEmpty())
                .collect(Collectors.joining("; "));
    }

    /** Returns what of a hierarchy is wanted in service with all it depends on. */
    SortedSet<String> wanted(Collection<String> hierarchy) {
        TreeSet<String> result = new TreeSet<>();
        for (String tag : hierarchy) {
            boolean in = step.instance(tag) != null
                    && knowledge.wantedIn(tag)
                    && step.topology().below(tag).stream().allMatch(knowledge::wantedIn);
            if (in && !step.inService(tag)) {
                result.add(tag);
            }
        }
        return result;
    }

    /** Forgets the failures of a resource that has served long enough. */
    void forgiven(String tag) {
        if (step.inService(tag)) {
            step.ownership(tag, Restoring::tryAgain);
        }
    }
}
