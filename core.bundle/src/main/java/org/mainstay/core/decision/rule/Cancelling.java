package org.mainstay.core.decision.rule;

import java.util.TreeSet;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.state.ServiceOperation;
import org.mainstay.core.decision.state.ServiceOperation.Kind;
import org.mainstay.core.decision.state.ServiceOperation.Stage;

/** Whoever asked gives up: what has not begun ends at once, what runs is cancelled and undone (CMD-392). */
final class Cancelling {
    private final Step step;
    private final Requests requests;
    private final InstanceReservations reservations;

    Cancelling(Step step) {
        this.step = step;
        requests = new Requests(step);
        reservations = new InstanceReservations(step);
    }

    void cancel(String id, ServiceRequest.Cancel request) {
        for (ServiceOperation operation : step.operations()) {
            if (operation.asker().requestId().equals(request.requestId())) {
                giveUp(operation);
                step.answer(id, Reply.success("cancelled"));
                return;
            }
        }
        step.answer(id, Reply.failed(ExitCode.NOT_FOUND, "there is no such request any more"));
    }

    private void giveUp(ServiceOperation operation) {
        if (!operation.holds()) {
            reservations.finish(operation, Reply.failed(ExitCode.SYSTEM_ERROR, "cancelled while waiting"));
            return;
        }
        boolean begunThere = operation.stage() == Stage.AWAITING && begunElsewhere(operation);
        if (operation.stage() == Stage.AWAITING && !begunThere) {
            // Nothing was stopped for it yet: it goes on where it is, and stays wanted.
            step.drop(LcdSection.HANDOVERS, operation.then().handoverId());
            reservations.finish(
                    operation,
                    Reply.failed(
                            ExitCode.SYSTEM_ERROR,
                            "cancelled; if the other server has begun to hand it over at this very moment, that is"
                                    + " carried out"));
            return;
        }
        if (operation.kind() == Kind.RESTORE) {
            // Whoever gives up does not want it to come into service on another server instead.
            TreeSet<String> unwanted = new TreeSet<>(operation.work().todo());
            unwanted.addAll(operation.work().begun());
            unwanted.stream().filter(tag -> step.instance(tag) != null).forEach(requests::takeBack);
        }
        if (operation.stage() == Stage.CLAIMING) {
            reservations.finish(
                    operation, Reply.failed(ExitCode.SYSTEM_ERROR, "cancelled before anything was started"));
            return;
        }
        operation.work().running().values().forEach(one -> step.effect(new Effect.CancelAction(one)));
    }

    /** Returns whether the other server of a switchover has begun to take the resources out, as far as is known here. */
    private boolean begunElsewhere(ServiceOperation operation) {
        String handoverId = operation.then().handoverId();
        return step.peers().keySet().stream()
                .anyMatch(peer ->
                        step.lcd(peer).row(LcdSection.HANDOVERS, handoverId).isPresent());
    }
}
