package org.mainstay.core.decision.rule;

import java.util.List;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Operation;
import org.mainstay.cluster.lcd.Operation.State;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.core.decision.event.ServiceRequest;

/** An operator decides an operation over several servers that is in doubt here (design.md section 4, decision 0039). */
final class Resolutions {
    private final Step step;
    private final Knowledge knowledge;
    private final Agreements agreements;

    Resolutions(Step step) {
        this.step = step;
        knowledge = new Knowledge(step);
        agreements = new Agreements(step);
    }

    void resolve(String requestId, ServiceRequest.ResolveOperation request, Origin origin) {
        String who = origin.who() + " on " + step.self();
        Operation operation = step.own().rows(LcdSection.OPERATIONS).get(request.operationId());
        if (operation == null) {
            step.answer(
                    requestId,
                    Reply.failed(
                            ExitCode.NOT_FOUND,
                            "there is no operation " + request.operationId() + " on " + step.self()));
            return;
        }
        if (operation.state() != State.PREPARED) {
            String done = operation.state() == State.COMMITTED ? "committed" : "given up";
            String text = "operation " + operation.id() + " is " + done + " already, by " + operation.decidedBy();
            step.answer(requestId, Reply.failed(ExitCode.IN_USE, text));
            return;
        }
        if (request.commit()) {
            resolveCommit(requestId, operation, who);
        } else {
            String reach = reach(
                    operation,
                    " must be told the same there",
                    " cannot be reached: if it was committed there, it is carried out here too");
            agreements.abort(operation, who, Reply.failed(ExitCode.SYSTEM_ERROR, "an operator gave it up"));
            step.answer(
                    requestId,
                    Reply.success("operation " + operation.id() + " changed nothing on " + step.self() + reach));
        }
    }

    /**
     * Only what every participant has prepared can be carried out on all of them: one that has refused, or was never asked, does
     * not know its part.
     */
    private void resolveCommit(String requestId, Operation operation, String who) {
        List<String> unready = agreements.others(operation).stream()
                .filter(agreements::member)
                .filter(peer -> !peer.equals(operation.coordinator()))
                .filter(peer -> !Agreements.open(agreements.stateOn(peer, operation.id())))
                .toList();
        if (!unready.isEmpty()) {
            String text = "operation " + operation.id() + " cannot be committed: as far as is known on " + step.self()
                    + ", it was not prepared on " + String.join(", ", unready) + "; abort it, or decide it there";
            step.answer(requestId, Reply.failed(ExitCode.IN_USE, text));
            return;
        }
        String reach = reach(operation, " follows now", " cannot be reached and follows when it is back");
        agreements.commit(operation, who);
        step.answer(requestId, Reply.success(operation.description() + " is done on " + step.self() + reach));
    }

    /** Returns on which other servers a decision holds now, and for those that cannot be reached what happens then. */
    private String reach(Operation operation, String reached, String unreached) {
        StringBuilder text = new StringBuilder();
        for (String peer : agreements.others(operation)) {
            if (agreements.member(peer)) {
                text.append("; ").append(peer).append(knowledge.usable(peer) ? reached : unreached);
            }
        }
        return text.toString();
    }
}
