package org.mainstay.core.decision.rule;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.state.ServiceOperation;
import org.mainstay.core.decision.state.ServiceOperation.Asker;
import org.mainstay.core.decision.state.ServiceOperation.Claim;
import org.mainstay.core.decision.state.ServiceOperation.Kind;
import org.mainstay.core.decision.state.ServiceOperation.Stage;
import org.mainstay.core.decision.state.ServiceOperation.Then;
import org.mainstay.core.decision.state.ServiceOperation.Work;

/**
 * Begins, queues and ends service operations. An operation reserves all its instances in one step, or waits; who waits is
 * served in the order of arrival, and no reservation is taken away while its holder acts (CMD-392).
 */
final class InstanceReservations {
    private final Step step;

    InstanceReservations(Step step) {
        this.step = step;
    }

    /** Adds an operation to the queue; the same step starts it if its instances are free. */
    ServiceOperation begin(
            Kind kind, Collection<String> tags, Collection<String> todo, Asker asker, String reason, Then then) {
        boolean escalate = then.step() != Then.Step.NOTHING;
        ServiceOperation operation = new ServiceOperation(
                step.newId(kind.name().toLowerCase(java.util.Locale.ROOT)),
                kind,
                Stage.QUEUED,
                asker,
                reason,
                new TreeSet<>(tags),
                Work.of(todo, escalate),
                Claim.NONE,
                then);
        step.operation(operation);
        return operation;
    }

    /** Returns whether an operation in the queue may take its reservations now. */
    boolean free(ServiceOperation operation) {
        for (ServiceOperation other : step.operations()) {
            if (other.id().equals(operation.id())) {
                return true;
            }
            boolean counts = other.holds()
                    ? other.stage() != Stage.CONFIRMING
                    : !operation.work().arguments().contains(Requests.IGNORE_RESERVATIONS);
            if (counts && !Collections.disjoint(other.tags(), operation.tags())) {
                return false;
            }
        }
        return true;
    }

    /** Starts the waiting time of an operation that could not start at once. */
    void waitFor(ServiceOperation operation) {
        String timer = "wait:" + operation.id();
        if (!step.timers.contains(timer)
                && (operation.asker().present()
                        || !operation.then().handoverId().isEmpty())) {
            step.startTimer(timer, step.settings.reservationWait());
            progress(operation, "waits: " + holderText(operation));
        }
    }

    /** The waiting time is over (CMD-392). */
    void waited(String operationId) {
        ServiceOperation operation = step.operation(operationId);
        if (operation == null || operation.holds()) {
            return;
        }
        String text = holderText(operation);
        if (!operation.then().handoverId().isEmpty()) {
            new Handovers(step).refuse(operation.then().handoverId(), ExitCode.IN_USE, text);
        }
        finish(operation, Reply.failed(ExitCode.IN_USE, text));
    }

    String holderText(ServiceOperation operation) {
        for (ServiceOperation other : step.operations()) {
            if (!other.id().equals(operation.id()) && !Collections.disjoint(other.tags(), operation.tags())) {
                TreeSet<String> common = new TreeSet<>(other.tags());
                common.retainAll(operation.tags());
                return common.first() + " is reserved on " + step.self() + " by another operation (" + describe(other)
                        + "); wait for its end and try again";
            }
        }
        return "the resources are reserved";
    }

    private static String describe(ServiceOperation operation) {
        String what = switch (operation.kind()) {
            case RESTORE -> "bringing into service";
            case REMOVE -> "taking out of service";
            case RECOVER -> "local recovery";
            case ACTION -> "action " + operation.work().arguments().get(0);
        };
        return what + ": " + operation.reason();
    }

    void progress(ServiceOperation operation, String text) {
        if (operation.asker().present() && operation.asker().peer().isEmpty()) {
            step.effect(new org.mainstay.core.decision.effect.Effect.Progress(
                    operation.asker().requestId(), text));
        }
    }

    /** Ends an operation and answers whoever waits for it. */
    void finish(ServiceOperation operation, Reply reply) {
        new Outcomes(step).ended(operation, reply.succeeded());
        new Claims(step).withdraw(operation);
        reply(operation.asker(), reply);
        step.end(operation.id());
    }

    /** Answers whoever waits for an operation, here or on another server. */
    void reply(Asker asker, Reply reply) {
        if (!asker.present()) {
            return;
        }
        if (asker.peer().isEmpty()) {
            step.answer(asker.requestId(), reply);
        } else {
            step.send(asker.peer(), new CoreMessage.RequestDone(asker.requestId(), reply.exitCode(), reply.message()));
        }
    }

    /** Drops the operations that only wait, because the server stops. */
    void refuseWaiting(String text) {
        for (ServiceOperation operation : step.operations()) {
            if (!operation.holds()) {
                if (!operation.then().handoverId().isEmpty()) {
                    new Handovers(step).refuse(operation.then().handoverId(), ExitCode.IN_USE, text);
                }
                finish(operation, Reply.failed(ExitCode.IN_USE, text));
            }
        }
    }

    /** Returns names as the beginning of a sentence: {@code a is}, {@code a, b are}. */
    static String are(Collection<String> tags) {
        return String.join(", ", tags) + (tags.size() == 1 ? " is" : " are");
    }

    /** Returns the texts of what failed in an operation, joined. */
    static String failures(ServiceOperation operation) {
        List<String> texts = operation.work().failures().entrySet().stream()
                .map(entry -> entry.getKey() + ": " + entry.getValue())
                .toList();
        return String.join("; ", texts);
    }
}
