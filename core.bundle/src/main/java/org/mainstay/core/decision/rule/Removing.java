package org.mainstay.core.decision.rule;

import java.util.List;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.effect.Notices;
import org.mainstay.core.decision.event.Event.Presence;
import org.mainstay.core.decision.state.ServiceOperation;
import org.mainstay.core.decision.state.ServiceOperation.Stage;

/**
 * The remove algorithm (CMD-391): roots first, only what is in service; and what follows when a remove fails: kill handles,
 * then a probe, and only a probe that says STOPPED counts as released (design.md section 4).
 */
final class Removing {
    private final Step step;
    private final InstanceReservations reservations;

    Removing(Step step) {
        this.step = step;
        reservations = new InstanceReservations(step);
    }

    /** Takes up the work. */
    void activate(ServiceOperation operation) {
        ServiceOperation active = operation.at(Stage.RUNNING).withWork(work -> {
            TreeSet<String> todo = new TreeSet<>(work.todo());
            todo.removeIf(tag -> !step.occupies(tag));
            return work.withTodo(todo);
        });
        for (String tag : active.work().todo()) {
            step.removeBegun(tag, active.id(), active.work().escalate());
        }
        step.operation(active);
    }

    void advance(ServiceOperation given) {
        ServiceOperation operation = given;
        for (String tag : new TreeSet<>(operation.work().todo())) {
            if (!step.occupies(tag)) {
                step.drop(LcdSection.ACTIONS, tag);
                operation = operation.withWork(work -> work.withoutTodo(tag));
            } else if (!acting(operation, tag) && parentsGone(tag)) {
                operation = begin(operation, tag);
            }
        }
        step.operation(operation);
        if (!operation.work().busy() && operation.work().todo().stream().noneMatch(this::parentsGone)) {
            end(operation);
        }
    }

    private static boolean acting(ServiceOperation operation, String tag) {
        return operation.work().running().containsKey(tag)
                || operation.work().killing().contains(tag)
                || operation.work().probing().contains(tag);
    }

    private boolean parentsGone(String tag) {
        return step.topology().parents(tag).stream().noneMatch(step::occupies);
    }

    private ServiceOperation begin(ServiceOperation operation, String tag) {
        String actionId = step.newId(Knowledge.REMOVE);
        step.effect(new Effect.RunAction(
                actionId,
                tag,
                Knowledge.REMOVE,
                List.of(),
                step.instance(tag).ownership().epoch(),
                false,
                false,
                Long.MAX_VALUE,
                operation.reason()));
        reservations.progress(operation, "taking " + tag + " out of service");
        return operation.withWork(work -> work.withRunning(tag, actionId));
    }

    void finished(ServiceOperation given, String tag, boolean succeeded, String message) {
        ServiceOperation operation = given.withWork(work -> work.withoutRunning(tag));
        if (step.instance(tag) == null) {
            step.operation(operation.withWork(work -> work.withoutTodo(tag)));
            return;
        }
        if (succeeded) {
            boolean failedBefore = operation.work().failures().containsKey(tag);
            released(tag, failedBefore, "remove action has succeeded");
            step.operation(operation.withWork(work -> work.withoutTodo(tag)));
            return;
        }
        step.state(tag, InstanceState.OSF, "remove action has failed: " + message);
        step.ownership(tag, ownership -> ownership.withReleased(false));
        step.note(
                Notices.REMOVE_FAILED,
                Level.ERROR,
                tag,
                tag + " could not be taken out of service on " + step.self() + ": " + message);
        ServiceOperation failed = operation.withWork(work -> work.withFailure(tag, message));
        if (!failed.work().escalate()) {
            step.drop(LcdSection.ACTIONS, tag);
            step.operation(failed.withWork(work -> work.withoutTodo(tag)));
            return;
        }
        List<String> handles = step.instance(tag).ownership().killHandles();
        if (handles.isEmpty()) {
            step.effect(new Effect.Probe(tag));
            step.operation(failed.withWork(work -> work.withProbing(tag, true)));
        } else {
            step.effect(new Effect.RunKillHandles(tag, handles));
            step.operation(failed.withWork(work -> work.withKilling(tag, true)));
        }
    }

    /** Records an own instance as certainly out of service. */
    private void released(String tag, boolean failed, String reason) {
        step.drop(LcdSection.ACTIONS, tag);
        Instance instance = step.instance(tag);
        if (!failed) {
            step.state(tag, InstanceState.OSU, reason);
        } else if (instance.state() != InstanceState.OSF) {
            step.state(tag, InstanceState.OSF, instance.reason());
        }
        step.change(tag, one -> one.withFailed(false));
        step.ownership(tag, ownership -> ownership.withReleased(true));
        step.cancelTimer("failures:" + tag);
        step.note(Notices.REMOVED, Level.INFORMATION, tag, tag + " is out of service on " + step.self());
    }

    void killed(String tag, boolean done, String message) {
        for (ServiceOperation operation : step.operations()) {
            if (operation.work().killing().contains(tag)) {
                step.note(
                        Notices.KILLED,
                        Level.WARNING,
                        tag,
                        tag + " was ended without its kit on " + step.self() + (done ? "" : ", in part") + ": "
                                + message);
                step.effect(new Effect.Probe(tag));
                step.operation(
                        operation.withWork(work -> work.withKilling(tag, false).withProbing(tag, true)));
            }
        }
    }

    /** Returns whether an operation had waited for the probe. */
    boolean probed(String tag, Presence presence, String message) {
        boolean awaited = false;
        for (ServiceOperation operation : step.operations()) {
            if (!operation.work().probing().contains(tag)) {
                continue;
            }
            awaited = true;
            if (step.instance(tag) != null) {
                if (presence == Presence.STOPPED) {
                    released(tag, true, "");
                } else {
                    step.drop(LcdSection.ACTIONS, tag);
                    step.note(
                            Notices.NOT_RELEASED,
                            Level.ERROR,
                            tag,
                            tag + " could not be stopped on " + step.self() + " (" + message
                                    + "): it is not started on another server");
                }
            }
            step.operation(
                    operation.withWork(work -> work.withProbing(tag, false).withoutTodo(tag)));
        }
        return awaited;
    }

    private void end(ServiceOperation operation) {
        for (String tag : operation.work().todo()) {
            step.drop(LcdSection.ACTIONS, tag);
        }
        boolean complete = operation.work().todo().isEmpty()
                && operation.work().failures().keySet().stream().noneMatch(step::occupies);
        switch (operation.then().step()) {
            case FAILOVER -> {
                step.end(operation.id());
                new Failover(step).removed(operation, complete);
            }
            case RELEASE -> {
                step.end(operation.id());
                new Handovers(step).removed(operation, complete);
            }
            case STOP -> step.end(operation.id());
            case NOTHING -> plainEnd(operation, complete);
        }
    }

    private void plainEnd(ServiceOperation operation, boolean complete) {
        if (!complete || !operation.work().failures().isEmpty() && operation.stage() != Stage.CLEANING) {
            reservations.finish(
                    operation,
                    Reply.failed(
                            ExitCode.SYSTEM_ERROR,
                            "could not be taken out of service on " + step.self() + ": "
                                    + InstanceReservations.failures(operation)
                                    + "; it counts as in service until a remove succeeds or 'mainstay resource"
                                    + " confirm-stopped'"));
        } else if (operation.asker().present()) {
            step.operation(operation.at(Stage.CONFIRMING));
        } else {
            reservations.finish(
                    operation,
                    Reply.success(InstanceReservations.are(operation.tags()) + " out of service on " + step.self()));
        }
    }

    /** Answers when the other servers have stored that the resources are wanted out. */
    void confirm(ServiceOperation operation) {
        Knowledge knowledge = new Knowledge(step);
        boolean stored = step.peers().entrySet().stream()
                .allMatch(entry -> !entry.getValue().session()
                        || !knowledge.alive(entry.getKey())
                        || entry.getValue().received() >= operation.then().version());
        if (stored) {
            reservations.finish(
                    operation,
                    Reply.success(InstanceReservations.are(operation.tags()) + " out of service on " + step.self()));
        }
    }
}
