package org.mainstay.core.decision.rule;

import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.BegunAction;
import org.mainstay.cluster.lcd.Handover;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Ownership;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.effect.Notices;
import org.mainstay.core.decision.state.ServiceOperation;
import org.mainstay.core.decision.state.ServiceOperation.Kind;
import org.mainstay.core.decision.state.ServiceOperation.Stage;
import org.mainstay.core.decision.state.ServiceOperation.Then;
import org.mainstay.core.decision.state.ServiceOperation.Work;

/** The restore algorithm (CMD-390): children first, independent branches side by side, then up to the roots. */
final class Restoring {
    /** So many managers that ended while they restored the same thing are not repeated by another one (decision 0363). */
    static final int MOST_INTERRUPTIONS = 3;

    private final Step step;
    private final InstanceReservations reservations;

    Restoring(Step step) {
        this.step = step;
        reservations = new InstanceReservations(step);
    }

    /** A manager has begun: counts what kits of the one before it were restoring when it ended, not what waited for its turn. */
    static void interrupted(Step step) {
        for (BegunAction begun : List.copyOf(step.own().rows(LcdSection.ACTIONS).values())) {
            if (begun.action().equals(Knowledge.RESTORE)
                    && begun.given()
                    && step.instance(begun.tag()) != null
                    && step.occupies(begun.tag())) {
                step.put(LcdSection.ACTIONS, begun.tag(), begun.withInterrupted());
            }
        }
    }

    private boolean endsManagers(String tag) {
        return step.own()
                .row(LcdSection.ACTIONS, tag)
                .filter(begun -> begun.interrupted() >= MOST_INTERRUPTIONS)
                .isPresent();
    }

    /** Takes up the work after everything that is restored is owned. */
    void granted(ServiceOperation operation) {
        for (String tag : operation.work().todo()) {
            if (!step.inService(tag)) {
                step.restoreBegun(tag, operation.id());
            }
        }
        step.operation(operation.at(Stage.RUNNING));
        askHandles(operation.id());
    }

    /** Asks for the kill handles of everything that will be restored, ahead of its turn. */
    void askHandles(String operationId) {
        for (String tag : step.operation(operationId).work().todo()) {
            ServiceOperation operation = step.operation(operationId);
            if (!step.inService(tag)
                    && !step.start.assume().contains(tag)
                    && !operation.work().asked().contains(tag)) {
                step.operation(operation.withWork(work -> work.withAsked(tag)));
                step.effect(new Effect.FindHandles(tag));
            }
        }
    }

    void handlesKnown(String tag, List<String> handles) {
        for (ServiceOperation operation : step.operations()) {
            if (operation.kind() == Kind.RESTORE
                    && operation.work().asked().contains(tag)
                    && !operation.work().known().contains(tag)) {
                step.operation(operation.withWork(work -> work.withKnown(tag)));
                step.ownership(
                        tag,
                        ownership -> ownership.killHandles().equals(handles)
                                ? ownership
                                : ownership.withKillHandles(handles));
            }
        }
    }

    /** Begins what can begin; ends the operation when nothing is left. */
    void advance(ServiceOperation given) {
        ServiceOperation operation = given;
        // Also where it was lost and is held again: what was decided under the right before is over.
        if ((step.right().lost() || step.loss.stopping())
                && operation.work().failures().isEmpty()
                && !operation.work().todo().isEmpty()) {
            String first = operation.work().todo().first();
            String reason = step.right().lost() ? step.right().reason() : step.self() + " " + RightRules.GAP;
            operation = operation.withWork(work -> work.withFailure(first, reason));
            step.operation(operation);
        }
        if (!operation.work().failures().isEmpty()) {
            if (!operation.work().busy()) {
                cleanUp(operation);
            }
            return;
        }
        for (String tag : new TreeSet<>(operation.work().todo())) {
            if (step.instance(tag) == null || unwanted(operation, tag)) {
                step.drop(LcdSection.ACTIONS, tag);
                operation = operation.withWork(work -> work.withoutTodo(tag));
            } else if (operation.work().failures().isEmpty()
                    && !operation.work().running().containsKey(tag)
                    && childrenServe(tag)) {
                operation = begin(operation, tag);
            }
        }
        step.operation(operation);
        if (operation.work().todo().isEmpty() && !operation.work().busy()) {
            succeed(operation);
        } else if (!operation.work().busy() && stuck(operation)) {
            String tag = operation.work().todo().first();
            step.operation(operation.withWork(
                    work -> work.withFailure(tag, "what it depends on is not in service: " + idleChildren(tag))));
        }
    }

    /** An operator took it out, or another server turned out to own it, while what is below it was being restored. */
    private boolean unwanted(ServiceOperation operation, String tag) {
        Knowledge knowledge = new Knowledge(step);
        return !operation.work().begun().contains(tag)
                && (!knowledge.wantedIn(tag)
                        || knowledge.contested(
                                tag, step.instance(tag).ownership().epoch()));
    }

    private boolean stuck(ServiceOperation operation) {
        return operation.work().todo().stream().noneMatch(this::childrenServe);
    }

    private boolean childrenServe(String tag) {
        return idleChildren(tag).isEmpty();
    }

    private String idleChildren(String tag) {
        return String.join(
                ", ",
                step.topology().children(tag).stream()
                        .filter(child -> !step.inService(child))
                        .toList());
    }

    private ServiceOperation begin(ServiceOperation operation, String tag) {
        Instance instance = step.instance(tag);
        boolean plain = instance.state().inService() && !instance.failed();
        if (plain || step.start.assume().contains(tag)) {
            String reason = plain ? instance.reason() : "initialised by somebody else (INIT_ISP)";
            serve(tag, reason);
            return operation.withWork(work -> work.withoutTodo(tag));
        }
        ServiceOperation marked = operation;
        if (!operation.work().begun().contains(tag)) {
            step.ownership(tag, ownership -> ownership.withReleased(false));
            marked = operation.withWork(work -> work.withBegun(tag));
        }
        if (endsManagers(tag)) {
            return failed(
                    marked,
                    tag,
                    "Mainstay's manager has ended " + MOST_INTERRUPTIONS
                            + " times while it was under way; its log says why");
        }
        if (!marked.work().asked().contains(tag)) {
            step.effect(new Effect.FindHandles(tag));
            return marked.withWork(work -> work.withAsked(tag));
        }
        if (!marked.work().known().contains(tag)) {
            return marked;
        }
        String actionId = step.newId(Knowledge.RESTORE);
        step.own().row(LcdSection.ACTIONS, tag).ifPresent(row -> step.put(LcdSection.ACTIONS, tag, row.withGiven()));
        step.effect(new Effect.RunAction(
                actionId,
                tag,
                Knowledge.RESTORE,
                List.of(),
                step.instance(tag).ownership().epoch(),
                operation.claim().takeover(),
                handedOver(operation),
                step.right().until(),
                operation.reason()));
        reservations.progress(operation, "bringing " + tag + " into service");
        return marked.withWork(work -> work.withRunning(tag, actionId));
    }

    /** Says whether the operation restores what another server has released to this one. */
    private boolean handedOver(ServiceOperation operation) {
        return step.own()
                .row(LcdSection.HANDOVERS, operation.then().handoverId())
                .filter(handover -> handover.to().equals(step.self()))
                .filter(handover -> handover.step() == Handover.Step.ACCEPTED)
                .isPresent();
    }

    /** Records an own instance as in service and protected. */
    void serve(String tag, String reason) {
        step.drop(LcdSection.ACTIONS, tag);
        step.state(tag, InstanceState.ISP, reason);
        step.change(tag, instance -> instance.withFailed(false));
        step.ownership(tag, ownership -> ownership.withReleased(false));
        Starting.assumed(step, tag);
        if (step.instance(tag).ownership().failures() > 0) {
            step.startTimer("failures:" + tag, step.settings.failureReset());
        }
    }

    void finished(ServiceOperation given, String tag, boolean succeeded, String message) {
        ServiceOperation operation = given.withWork(work -> work.withoutRunning(tag));
        if (step.instance(tag) == null) {
            step.operation(operation.withWork(work -> work.withoutTodo(tag)));
            return;
        }
        if (succeeded) {
            serve(tag, "restore action has succeeded");
            step.note(Notices.RESTORED, Level.INFORMATION, tag, tag + " is in service on " + step.self());
            step.operation(operation.withWork(work -> work.withoutTodo(tag)));
            return;
        }
        step.operation(failed(operation, tag, message));
    }

    private ServiceOperation failed(ServiceOperation operation, String tag, String message) {
        step.state(tag, InstanceState.OSF, "restore action has failed: " + message);
        if (!step.right().lost()) {
            step.ownership(tag, ownership -> ownership.withFailures(ownership.failures() + 1));
        }
        step.drop(LcdSection.ACTIONS, tag);
        step.note(
                Notices.RESTORE_FAILED,
                Level.ERROR,
                tag,
                tag + " could not be brought into service on " + step.self() + ": " + message);
        return operation.withWork(work -> work.withFailure(tag, message));
    }

    private void succeed(ServiceOperation operation) {
        endHandover(operation);
        reservations.finish(
                operation,
                Reply.success(InstanceReservations.are(roots(operation.tags())) + " in service on " + step.self()));
    }

    private SortedSet<String> roots(Collection<String> tags) {
        TreeSet<String> result = new TreeSet<>(tags);
        result.removeIf(tag -> step.topology().parents(tag).stream().anyMatch(tags::contains));
        return result;
    }

    private void endHandover(ServiceOperation operation) {
        if (!operation.then().handoverId().isEmpty()) {
            step.drop(LcdSection.HANDOVERS, operation.then().handoverId());
        }
    }

    /**
     * Something could not be restored: what failed is cleaned up by its remove. A hierarchy of which nothing was in service
     * before goes on to the next server; one that serves in part stays where it is if an operator asked.
     */
    private void cleanUp(ServiceOperation operation) {
        SortedSet<String> hierarchy = new TreeSet<>();
        operation.tags().forEach(tag -> hierarchy.addAll(step.topology().hierarchy(tag)));
        Work work = operation.work();
        boolean partial = hierarchy.stream()
                .anyMatch(tag -> step.inService(tag) && !work.begun().contains(tag));
        boolean stay = partial && operation.asker().present();
        TreeSet<String> todo = new TreeSet<>(hierarchy);
        todo.removeIf(tag -> !step.occupies(tag)
                || stay && (step.inService(tag) || !work.begun().contains(tag)));
        operation.tags().forEach(tag -> step.drop(LcdSection.ACTIONS, tag));
        todo.forEach(tag -> step.removeBegun(tag, operation.id(), true));
        String handoverId = operation.then().handoverId();
        var tried = new TreeSet<>(operation.then().tried());
        step.own().row(LcdSection.HANDOVERS, handoverId).map(Handover::tried).ifPresent(tried::addAll);
        tried.add(step.self());
        new Outcomes(step).failed(operation, stay);
        endHandover(operation);
        Then then = stay ? Then.NOTHING : new Then(Then.Step.FAILOVER, "", List.copyOf(tried), 0);
        reservations.reply(
                operation.asker(),
                Reply.failed(
                        ExitCode.SYSTEM_ERROR,
                        "could not be brought into service on " + step.self() + ": "
                                + InstanceReservations.failures(operation)
                                + "; see 'mainstay status' for where it is now"));
        TreeSet<String> tags = new TreeSet<>(operation.tags());
        tags.addAll(hierarchy);
        Work next = new Work(
                todo,
                work.begun(),
                work.running(),
                work.killing(),
                work.probing(),
                work.asked(),
                work.known(),
                work.failures(),
                true,
                List.of());
        step.operation(new ServiceOperation(
                operation.id(),
                Kind.REMOVE,
                Stage.CLEANING,
                ServiceOperation.Asker.NOBODY,
                "cleaning up after a failed restore",
                stay ? operation.tags() : tags,
                next,
                operation.claim(),
                then));
    }

    /** Returns an ownership as it is at the operator's request to try again here. */
    static Ownership tryAgain(Ownership ownership) {
        return ownership.failures() == 0 ? ownership : ownership.withFailures(0);
    }
}
