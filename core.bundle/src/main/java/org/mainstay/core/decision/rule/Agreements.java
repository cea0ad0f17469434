package org.mainstay.core.decision.rule;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Operation;
import org.mainstay.cluster.lcd.Operation.State;
import org.mainstay.core.decision.effect.Notices;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.state.CoreState.Forwarded;

/**
 * Changes over several servers, all or none, by prepare and commit (design.md section 4). Like handovers they live in
 * replicated records: a participant that finds no record at its coordinator knows that nothing was decided, and one that finds
 * COMMITTED anywhere applies its part.
 */
final class Agreements {
    /** How long the coordinator waits until all have prepared. */
    private static final long PATIENCE = 30_000;

    private final Step step;
    private final Knowledge knowledge;

    Agreements(Step step) {
        this.step = step;
        knowledge = new Knowledge(step);
    }

    /** Returns why a resource may not be changed by an operator now; empty if it may. */
    static String lock(Step step, String tag) {
        for (Operation operation : step.own().rows(LcdSection.OPERATIONS).values()) {
            if (operation.state() == State.PREPARED && operation.tags().contains(tag)) {
                return tag + " is being changed by operation " + operation.id() + " (" + operation.description()
                        + ") of " + operation.coordinator() + "; wait for it, or decide it with 'mainstay operation"
                        + " commit|abort " + operation.id() + "'";
            }
        }
        return "";
    }

    void propose(String requestId, ServiceRequest.Propose request) {
        Reply refusal = refusal(request);
        if (refusal != null) {
            step.answer(requestId, refusal);
            return;
        }
        TreeSet<String> participants = new TreeSet<>(request.changes().keySet());
        participants.addAll(request.tags().keySet());
        participants.add(step.self());
        for (String server : participants) {
            Operation operation = new Operation(
                    request.operationId(),
                    step.self(),
                    List.copyOf(participants),
                    request.tags().getOrDefault(server, List.of()),
                    request.description(),
                    State.PREPARED,
                    request.changes().getOrDefault(server, List.of()));
            if (server.equals(step.self())) {
                step.put(LcdSection.OPERATIONS, operation.id(), operation);
            } else {
                step.send(server, new CoreMessage.Prepare(operation));
            }
        }
        step.requests.put(requestId, new Forwarded("", request.operationId()));
        step.startTimer("agree:" + request.operationId(), PATIENCE);
    }

    private Reply refusal(ServiceRequest.Propose request) {
        if (step.own().row(LcdSection.OPERATIONS, request.operationId()).isPresent()) {
            return Reply.failed(ExitCode.EXISTS, "there is an operation " + request.operationId() + " already");
        }
        TreeSet<String> servers = new TreeSet<>(request.changes().keySet());
        servers.addAll(request.tags().keySet());
        for (String server : servers) {
            if (!server.equals(step.self()) && !knowledge.usable(server)) {
                return Reply.failed(
                        ExitCode.NO_COMMUNICATION,
                        "Mainstay on " + server
                                + " cannot be reached, and the change concerns it: nothing was changed");
            }
        }
        String objection = objection(request.tags().getOrDefault(step.self(), List.of()));
        return objection.isEmpty() ? null : Reply.failed(ExitCode.IN_USE, objection);
    }

    private String objection(Collection<String> tags) {
        for (String tag : tags) {
            String locked = lock(step, tag);
            if (!locked.isEmpty()) {
                return locked;
            }
            if (step.claimedByOperation(tag)) {
                return "another operation works on " + tag + " on " + step.self() + ": wait for its end and try again";
            }
            if (knowledge.inHandover(List.of(tag))) {
                return tag + " is being moved to another server: wait for its end and try again";
            }
        }
        return "";
    }

    /** The coordinator asks this server to take part. */
    void prepare(String peer, Operation operation) {
        if (!operation.coordinator().equals(peer)
                || step.own().row(LcdSection.OPERATIONS, operation.id()).isPresent()) {
            return;
        }
        String objection = objection(operation.tags());
        if (objection.isEmpty()) {
            step.put(LcdSection.OPERATIONS, operation.id(), operation.at(State.PREPARED));
        } else {
            step.send(peer, new CoreMessage.PrepareRefused(operation.id(), ExitCode.IN_USE, objection));
        }
    }

    void refused(String peer, CoreMessage.PrepareRefused refusal) {
        Operation operation = step.own().rows(LcdSection.OPERATIONS).get(refusal.operationId());
        if (operation != null && operation.coordinator().equals(step.self()) && operation.state() == State.PREPARED) {
            abort(operation, Reply.failed(refusal.exitCode(), peer + " refused: " + refusal.reason()));
        }
    }

    /** Not all have prepared in time. */
    void overdue(String operationId) {
        Operation operation = step.own().rows(LcdSection.OPERATIONS).get(operationId);
        if (operation != null && operation.state() == State.PREPARED) {
            List<String> silent = others(operation).stream()
                    .filter(peer -> stateOn(peer, operationId) == null)
                    .toList();
            String text = String.join(", ", silent) + " did not answer: nothing was changed";
            abort(operation, Reply.failed(ExitCode.NO_COMMUNICATION, text));
        }
    }

    private void abort(Operation operation, Reply reply) {
        step.cancelTimer("agree:" + operation.id());
        undoubt(operation);
        step.drop(LcdSection.OPERATIONS, operation.id());
        step.note(
                Notices.OPERATION_ABORTED,
                Level.WARNING,
                "",
                "operation " + operation.id() + " (" + operation.description() + ") changed nothing: "
                        + reply.message());
        answer(operation.id(), reply);
    }

    private void answer(String operationId, Reply reply) {
        for (Map.Entry<String, Forwarded> entry : List.copyOf(step.requests.entrySet())) {
            if (entry.getValue().operationId().equals(operationId)) {
                step.requests.remove(entry.getKey());
                step.touch();
                step.answer(entry.getKey(), reply);
            }
        }
    }

    /**
     * Nothing can be stored here any more: who waits for an operation of this server is told. One that is not committed is given
     * up when storing works again, as nobody asks for it then; no other server can have committed it without this one.
     */
    void unstorable(String reason) {
        for (Operation operation :
                List.copyOf(step.own().rows(LcdSection.OPERATIONS).values())) {
            if (!operation.coordinator().equals(step.self())) {
                continue;
            }
            answer(
                    operation.id(),
                    operation.state() == State.PREPARED
                            ? Rules.notStored(step, reason)
                            : new Reply(
                                    ExitCode.SUCCESS,
                                    operation.description(),
                                    List.of("the change is made, but " + step.self() + " cannot store what the other"
                                            + " servers answer: " + reason)));
        }
    }

    private boolean asked(String operationId) {
        return step.requests.values().stream().anyMatch(one -> one.operationId().equals(operationId));
    }

    void settle() {
        for (Operation operation :
                List.copyOf(step.own().rows(LcdSection.OPERATIONS).values())) {
            boolean coordinates = operation.coordinator().equals(step.self());
            boolean prepared = operation.state() == State.PREPARED;
            if (coordinates && prepared) {
                coordinate(operation);
            } else if (coordinates) {
                conclude(operation);
            } else if (prepared) {
                follow(operation);
            } else if (over(operation)) {
                step.drop(LcdSection.OPERATIONS, operation.id());
            }
        }
    }

    private State stateOn(String server, String id) {
        Operation row = step.lcd(server).rows(LcdSection.OPERATIONS).get(id);
        return row == null ? null : row.state();
    }

    private List<String> others(Operation operation) {
        return operation.participants().stream()
                .filter(server -> !server.equals(step.self()))
                .toList();
    }

    /** Commits when all have prepared; gives up when one cannot be reached. */
    private void coordinate(Operation operation) {
        List<String> others = others(operation);
        if (committedSomewhere(operation)) {
            commit(operation);
            return;
        }
        if (!asked(operation.id())) {
            // The manager was started anew: nobody waits for it, and no server can have committed without this one.
            if (step.start.passed()
                    && others.stream().allMatch(peer -> knowledge.usable(peer) || knowledge.down(peer))) {
                abort(operation, Reply.failed(ExitCode.SYSTEM_ERROR, "it was interrupted"));
            }
            return;
        }
        for (String peer : others) {
            if (!knowledge.usable(peer)) {
                String text = "the connection to " + peer + " was lost: nothing was changed";
                abort(operation, Reply.failed(ExitCode.NO_COMMUNICATION, text));
                return;
            }
        }
        if (others.stream().allMatch(peer -> stateOn(peer, operation.id()) != null)) {
            commit(operation);
        }
    }

    private boolean committedSomewhere(Operation operation) {
        return others(operation).stream()
                .anyMatch(peer -> knowledge.usable(peer) && stateOn(peer, operation.id()) == State.COMMITTED);
    }

    private void commit(Operation operation) {
        step.cancelTimer("agree:" + operation.id());
        undoubt(operation);
        Changes.separate(step, operation.changes());
        step.own(Changes.apply(step.own(), operation.changes()));
        step.put(LcdSection.OPERATIONS, operation.id(), operation.at(State.COMMITTED));
        step.note(
                Notices.OPERATION_COMMITTED,
                Level.INFORMATION,
                "",
                operation.description() + " is done on " + step.self());
    }

    /** Answers when another server has it too, forgets the operation when all have. */
    private void conclude(Operation operation) {
        List<String> others = others(operation);
        boolean all = others.stream()
                .allMatch(peer ->
                        knowledge.usable(peer) && stateOn(peer, operation.id()) != State.PREPARED || !member(peer));
        boolean reached = others.stream()
                .allMatch(peer -> !knowledge.usable(peer) || stateOn(peer, operation.id()) != State.PREPARED);
        // Forgotten means answered: a server that is removed by this operation need not have reported any more.
        if (reached || all) {
            List<String> later = others.stream()
                    .filter(peer -> !knowledge.usable(peer) && stateOn(peer, operation.id()) == State.PREPARED)
                    .map(peer -> peer + " cannot be reached now and makes the change when it returns")
                    .toList();
            answer(operation.id(), new Reply(ExitCode.SUCCESS, operation.description(), later));
        }
        if (all) {
            step.drop(LcdSection.OPERATIONS, operation.id());
        }
    }

    private boolean member(String server) {
        var members = step.own().membership();
        return members.members().isEmpty() || members.member(server).isPresent();
    }

    /** A participant that is ready looks for the decision. */
    private void follow(Operation operation) {
        String coordinator = operation.coordinator();
        if (committedSomewhere(operation)) {
            commit(operation);
        } else if (knowledge.usable(coordinator)) {
            if (stateOn(coordinator, operation.id()) == null) {
                abort(operation, Reply.failed(ExitCode.SYSTEM_ERROR, coordinator + " gave it up"));
            }
            undoubt(operation);
        } else if (!member(coordinator)) {
            abort(operation, Reply.failed(ExitCode.SYSTEM_ERROR, coordinator + " was removed from the cluster"));
        } else {
            doubt(operation);
        }
    }

    private void doubt(Operation operation) {
        if (!step.start.passed()) {
            return;
        }
        String key = "operation:" + operation.id();
        String text = "operation " + operation.id() + " (" + operation.description() + ") is in doubt: "
                + operation.coordinator() + " cannot be reached; it is decided when " + operation.coordinator()
                + " returns, or by 'mainstay operation commit|abort " + operation.id() + "'";
        if (!text.equals(step.doubts.put(key, text))) {
            step.touch();
            step.note(Notices.OPERATION_IN_DOUBT, Level.ERROR, "", text);
        }
    }

    private void undoubt(Operation operation) {
        if (step.doubts.remove("operation:" + operation.id()) != null) {
            step.touch();
        }
    }

    private boolean over(Operation operation) {
        String coordinator = operation.coordinator();
        return !member(coordinator) || knowledge.usable(coordinator) && stateOn(coordinator, operation.id()) == null;
    }

    void resolve(String requestId, ServiceRequest.ResolveOperation request) {
        Operation operation = step.own().rows(LcdSection.OPERATIONS).get(request.operationId());
        if (operation == null) {
            step.answer(
                    requestId,
                    Reply.failed(
                            ExitCode.NOT_FOUND,
                            "there is no operation " + request.operationId() + " on " + step.self()));
            return;
        }
        if (operation.state() == State.COMMITTED) {
            step.answer(
                    requestId, Reply.failed(ExitCode.IN_USE, "operation " + operation.id() + " is committed already"));
            return;
        }
        undoubt(operation);
        if (request.commit()) {
            commit(operation);
            step.answer(requestId, Reply.success(operation.description() + " is done on " + step.self()));
        } else {
            abort(operation, Reply.failed(ExitCode.SYSTEM_ERROR, "an operator gave it up"));
            step.answer(requestId, Reply.success("operation " + operation.id() + " changed nothing on " + step.self()));
        }
    }
}
