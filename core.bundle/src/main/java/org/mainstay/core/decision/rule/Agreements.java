package org.mainstay.core.decision.rule;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.LcdChange;
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
 *
 * <p>Who gives an operation up keeps its record as ABORTED until no participant can hold a commit record any more: an operator may
 * have decided otherwise where the coordinator was not heard. A commit record wins over every ABORTED one (decision 0039).
 */
final class Agreements {
    /** How long the coordinator waits until all have prepared. */
    private static final long PATIENCE = 30_000;
    /** Begin of the keys of operations in doubt. */
    private static final String DOUBT = "operation:";

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
                            request.changes().getOrDefault(server, List.of()))
                    .requested(step.origin().who(), step.origin().from());
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
            step.origin(operation);
            step.put(LcdSection.OPERATIONS, operation.id(), operation.decided(State.PREPARED, ""));
        } else {
            step.send(peer, new CoreMessage.PrepareRefused(operation.id(), ExitCode.IN_USE, objection));
        }
    }

    void refused(String peer, CoreMessage.PrepareRefused refusal) {
        Operation operation = step.own().rows(LcdSection.OPERATIONS).get(refusal.operationId());
        if (operation != null
                && operation.coordinator().equals(step.self())
                && operation.state() == State.PREPARED
                && committer(operation).isEmpty()) {
            abort(operation, Reply.failed(refusal.exitCode(), peer + " refused: " + refusal.reason()));
        }
    }

    /** Not all have prepared in time. */
    void overdue(String operationId) {
        Operation operation = step.own().rows(LcdSection.OPERATIONS).get(operationId);
        if (operation != null
                && operation.state() == State.PREPARED
                && committer(operation).isEmpty()) {
            List<String> silent = others(operation).stream()
                    .filter(peer -> stateOn(peer, operationId) == null)
                    .toList();
            String text = String.join(", ", silent) + " did not answer: nothing was changed";
            abort(operation, Reply.failed(ExitCode.NO_COMMUNICATION, text));
        }
    }

    /** The coordinator's own end of an operation, or a participant's that follows it. */
    private void abort(Operation operation, Reply reply) {
        abort(operation, operation.coordinator(), reply);
    }

    void abort(Operation operation, String by, Reply reply) {
        step.cancelTimer("agree:" + operation.id());
        undoubt(operation);
        step.origin(operation);
        step.put(LcdSection.OPERATIONS, operation.id(), operation.decided(State.ABORTED, by));
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
            if (!operation.coordinator().equals(step.self()) || operation.state() == State.ABORTED) {
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
            if (operation.state() == State.ABORTED) {
                reconsider(operation);
            } else if (operation.state() == State.PREPARED) {
                if (coordinates) {
                    coordinate(operation);
                } else {
                    follow(operation);
                }
            } else if (coordinates) {
                conclude(operation);
            } else if (over(operation)) {
                forget(operation);
            }
        }
        step.doubts
                .keySet()
                .removeIf(key -> key.startsWith(DOUBT)
                        && step.own()
                                .row(LcdSection.OPERATIONS, key.substring(DOUBT.length()))
                                .isEmpty());
    }

    /** Given up here: a commit record wins, and is looked for until every participant has shown that it has none. */
    private void reconsider(Operation operation) {
        String committer = committer(operation);
        if (!committer.isEmpty()) {
            overrule(operation, committer);
            return;
        }
        List<String> unheard = others(operation).stream()
                .filter(this::member)
                .filter(peer -> !knowledge.usable(peer) || open(stateOn(peer, operation.id())))
                .toList();
        if (unheard.isEmpty()) {
            undoubt(operation);
            forget(operation);
        } else if (step.start.passed() && !operation.decidedBy().equals(operation.coordinator())) {
            doubted(
                    operation,
                    "operation " + operation.id() + " (" + operation.description() + ") was given up on " + step.self()
                            + " by " + operation.decidedBy() + "; if it turns out to be committed on "
                            + String.join(" or ", unheard) + ", it is carried out here too");
        }
    }

    private void forget(Operation operation) {
        step.origin(operation);
        step.drop(LcdSection.OPERATIONS, operation.id());
    }

    /** Returns whether a record may still become a commit. */
    static boolean open(State state) {
        return state == State.PREPARED || state == State.COMMITTED;
    }

    private void overrule(Operation operation, String committer) {
        Operation there = step.lcd(committer).rows(LcdSection.OPERATIONS).get(operation.id());
        String text = "operation " + operation.id() + " (" + operation.description() + ") was given up on "
                + step.self() + " by " + operation.decidedBy() + ", but committed on " + committer + " by "
                + there.decidedBy();
        String obstacle = obstacle(operation);
        if (!obstacle.isEmpty()) {
            doubted(operation, text + ": it must be carried out here too, and waits: " + obstacle);
            return;
        }
        step.note(Notices.OPERATION_CONFLICT, Level.ERROR, "", text + ": it is carried out here too");
        commit(operation, there.decidedBy());
    }

    /** What was given up here may be in use since: its rows are not taken away under it. */
    private String obstacle(Operation operation) {
        for (LcdChange<?> change : operation.changes()) {
            boolean removes = change.section().equals(LcdSection.INSTANCES) && change.value() == null;
            if (removes && (step.occupies(change.key()) || step.claimedByOperation(change.key()))) {
                return change.key() + " is in service on " + step.self() + ": take it out of service";
            }
        }
        return "";
    }

    State stateOn(String server, String id) {
        Operation row = step.lcd(server).rows(LcdSection.OPERATIONS).get(id);
        return row == null ? null : row.state();
    }

    List<String> others(Operation operation) {
        return operation.participants().stream()
                .filter(server -> !server.equals(step.self()))
                .toList();
    }

    /** Commits when all have prepared; gives up when one cannot be reached. */
    private void coordinate(Operation operation) {
        List<String> others = others(operation);
        String committer = committer(operation);
        if (!committer.isEmpty()) {
            commit(operation, decider(committer, operation));
            return;
        }
        if (!asked(operation.id())) {
            // The manager was started anew and nobody waits for it. If an operator has committed it elsewhere, that
            // wins later.
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
            if (stateOn(peer, operation.id()) == State.ABORTED) {
                String text = decider(peer, operation) + " gave it up on " + peer + ": nothing was changed";
                abort(operation, Reply.failed(ExitCode.SYSTEM_ERROR, text));
                return;
            }
        }
        if (others.stream().allMatch(peer -> stateOn(peer, operation.id()) != null)) {
            commit(operation, step.self());
        }
    }

    /** Returns a server whose commit record is known here; a decision is never taken back, so an old copy proves it too. */
    private String committer(Operation operation) {
        return others(operation).stream()
                .filter(peer -> stateOn(peer, operation.id()) == State.COMMITTED)
                .findFirst()
                .orElse("");
    }

    private String decider(String committer, Operation operation) {
        return step.lcd(committer)
                .rows(LcdSection.OPERATIONS)
                .get(operation.id())
                .decidedBy();
    }

    void commit(Operation operation, String by) {
        step.cancelTimer("agree:" + operation.id());
        undoubt(operation);
        step.origin(operation);
        Changes.separate(step, operation.changes());
        step.own(Changes.apply(step.own(), operation.changes()));
        step.put(LcdSection.OPERATIONS, operation.id(), operation.decided(State.COMMITTED, by));
        step.note(
                Notices.OPERATION_COMMITTED,
                Level.INFORMATION,
                "",
                operation.description() + " is done on " + step.self());
    }

    /** Answers when another server has it too, forgets the operation when all have. */
    private void conclude(Operation operation) {
        List<String> others = others(operation);
        // One that is removed by this operation learns of it while its session is open (decision 0191).
        boolean all =
                others.stream().allMatch(peer -> knowledge.usable(peer) ? !behind(peer, operation) : !member(peer));
        boolean reached = others.stream().allMatch(peer -> !knowledge.usable(peer) || !behind(peer, operation));
        // Forgotten means answered: a server that is removed by this operation need not have reported any more.
        if (reached || all) {
            List<String> later = others.stream()
                    .filter(peer -> !knowledge.usable(peer) && behind(peer, operation))
                    .map(peer -> peer + " cannot be reached now and makes the change when it returns")
                    .toList();
            answer(operation.id(), new Reply(ExitCode.SUCCESS, operation.description(), later));
        }
        if (all) {
            forget(operation);
        }
    }

    /** Returns whether a participant has not made the change that is committed here. */
    private boolean behind(String peer, Operation operation) {
        State there = stateOn(peer, operation.id());
        return there == State.PREPARED || there == State.ABORTED;
    }

    boolean member(String server) {
        var members = step.own().membership();
        return members.members().isEmpty() || members.member(server).isPresent();
    }

    /** A participant that is ready looks for the decision. */
    private void follow(Operation operation) {
        String coordinator = operation.coordinator();
        String committer = committer(operation);
        if (!committer.isEmpty()) {
            commit(operation, decider(committer, operation));
        } else if (knowledge.usable(coordinator)) {
            undoubt(operation);
            if (stateOn(coordinator, operation.id()) != State.PREPARED) {
                abort(operation, Reply.failed(ExitCode.SYSTEM_ERROR, coordinator + " gave it up"));
            }
        } else if (!member(coordinator)) {
            abort(operation, Reply.failed(ExitCode.SYSTEM_ERROR, coordinator + " was removed from the cluster"));
        } else if (givenUpByCoordinator(operation)) {
            abort(operation, Reply.failed(ExitCode.SYSTEM_ERROR, coordinator + " gave it up"));
        } else {
            doubt(operation);
        }
    }

    /** Returns whether another server, or an old copy, has the coordinator's own word that it is given up. */
    private boolean givenUpByCoordinator(Operation operation) {
        return others(operation).stream()
                .map(peer -> step.lcd(peer).rows(LcdSection.OPERATIONS).get(operation.id()))
                .anyMatch(row -> row != null
                        && row.state() == State.ABORTED
                        && row.decidedBy().equals(operation.coordinator()));
    }

    private void doubt(Operation operation) {
        if (!step.start.passed()) {
            return;
        }
        String text = "operation " + operation.id() + " (" + operation.description() + ") is in doubt: "
                + operation.coordinator() + " cannot be reached; it is decided when " + operation.coordinator()
                + " returns, or by 'mainstay operation commit|abort " + operation.id() + "'";
        doubted(operation, text);
    }

    private void doubted(Operation operation, String text) {
        if (!text.equals(step.doubts.put(DOUBT + operation.id(), text))) {
            step.touch();
            step.note(Notices.OPERATION_IN_DOUBT, Level.ERROR, "", text);
        }
    }

    void undoubt(Operation operation) {
        if (step.doubts.remove(DOUBT + operation.id()) != null) {
            step.touch();
        }
    }

    /** A participant's commit record goes when the coordinator has none any more: then all have it. */
    private boolean over(Operation operation) {
        String coordinator = operation.coordinator();
        if (!member(step.self())) {
            // Removed by this very operation: the others have no session with this server any more.
            return !knowledge.usable(coordinator) || stateOn(coordinator, operation.id()) == null;
        }
        if (!member(coordinator)) {
            // Without the coordinator nobody collects: everybody keeps the record until nobody is behind.
            return others(operation).stream()
                    .filter(this::member)
                    .allMatch(peer -> knowledge.usable(peer) && !behind(peer, operation));
        }
        return knowledge.usable(coordinator) && stateOn(coordinator, operation.id()) == null;
    }
}
