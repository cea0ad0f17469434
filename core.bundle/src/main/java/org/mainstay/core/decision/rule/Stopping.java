package org.mainstay.core.decision.rule;

import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.Handover;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Parked;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.effect.Notices;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.state.CoreState.Stop;
import org.mainstay.core.decision.state.ServiceOperation;
import org.mainstay.core.decision.state.ServiceOperation.Asker;
import org.mainstay.core.decision.state.ServiceOperation.Kind;
import org.mainstay.core.decision.state.ServiceOperation.Then;

/** Stops Mainstay (CMD-090 to CMD-096, ADM-060 to ADM-064). Peers learn first what is parked, so that nobody starts it. */
final class Stopping {
    static final String SWITCHOVER_FLAG = "shutdown_switchover";
    static final String DRAIN = "stop-drain";
    private static final long LOOK_AGAIN_MILLIS = 1_000;

    private final Step step;
    private final Knowledge knowledge;

    Stopping(Step step) {
        this.step = step;
        knowledge = new Knowledge(step);
    }

    void begin(String requestId, ServiceRequest.Stop request) {
        if (step.stop.asked()) {
            step.answer(
                    requestId, Reply.failed(ExitCode.IN_USE, "Mainstay on " + step.self() + " is stopping already"));
            return;
        }
        boolean move = request.systemShutdown()
                && !request.leaveRunning()
                && step.phase() == Phase.AVAILABLE
                && step.own().row(LcdSection.FLAGS, SWITCHOVER_FLAG).isPresent();
        new InstanceReservations(step).refuseWaiting("Mainstay on " + step.self() + " is being stopped");
        step.stop = new Stop(true, requestId, request.leaveRunning(), request.systemShutdown(), 0);
        step.phase(Phase.STOPPING);
        step.note(Notices.STOPPING, Level.INFORMATION, "", "Mainstay is being stopped on " + step.self());
        step.startTimer(DRAIN, step.settings.stopDrain());
        if (move) {
            for (SortedSet<String> hierarchy : step.topology().hierarchies().values()) {
                if (hierarchy.stream().noneMatch(step::claimedByOperation)) {
                    offer(hierarchy, List.of());
                }
            }
        }
    }

    private void offer(Collection<String> hierarchy, List<String> tried) {
        TreeSet<String> serving = new TreeSet<>(hierarchy);
        serving.removeIf(tag -> !step.inService(tag));
        if (serving.isEmpty()) {
            return;
        }
        List<String> targets = new Eligibility(step).targets(serving, tried);
        if (!targets.isEmpty()) {
            new Handovers(step)
                    .offer(
                            "switchover",
                            targets.get(0),
                            serving,
                            Handover.Step.PREPARED,
                            step.self() + " is shut down",
                            tried);
        }
    }

    /** A server did not take a hierarchy at shutdown: the next one is asked. */
    void notMoved(Handover handover) {
        if (step.stop.asked() && !step.stop.leaveRunning()) {
            TreeSet<String> tried = new TreeSet<>(handover.tried());
            tried.add(handover.to());
            offer(new Handovers(step).ownTags(handover), List.copyOf(tried));
        }
    }

    /** Running operations had their time: actions are cancelled, and what only waits for others is given up. */
    void drained() {
        for (Handover handover :
                List.copyOf(step.own().rows(LcdSection.HANDOVERS).values())) {
            boolean given = handover.from().equals(step.self()) && handover.step() != Handover.Step.REMOVING;
            if (given && !knowledge.usable(handover.to())) {
                step.drop(LcdSection.HANDOVERS, handover.id());
            }
        }
        for (ServiceOperation operation : step.operations()) {
            if (operation.stage() == ServiceOperation.Stage.AWAITING
                    || operation.stage() == ServiceOperation.Stage.CLAIMING) {
                new InstanceReservations(step)
                        .finish(operation, Reply.failed(ExitCode.IN_USE, "Mainstay is being stopped"));
            }
            if (step.stop.leaveRunning() || operation.then().step() != Then.Step.STOP) {
                operation.work().running().values().forEach(id -> step.effect(new Effect.CancelAction(id)));
            }
        }
        boolean onlyTelling = step.operations().isEmpty() && step.stop.version() > 0;
        if (onlyTelling && !told()) {
            withoutConfirmation();
        } else {
            step.startTimer(DRAIN, Math.max(LOOK_AGAIN_MILLIS, step.settings.stopDrain()));
        }
    }

    /**
     * A server with a session does not confirm what is parked: its manager hangs. What was stopped may be started there, which
     * is a nuisance; what goes on running might be started there a second time, which must not be.
     */
    private void withoutConfirmation() {
        String silent = String.join(
                ", ", step.peers().keySet().stream().filter(peer -> !told(peer)).toList());
        if (!step.stop.leaveRunning()) {
            step.note(
                    Notices.STOPPED,
                    Level.WARNING,
                    "",
                    silent + " did not confirm that it leaves the resources of " + step.self() + " alone");
            stopped();
            return;
        }
        goOn(Reply.failed(
                ExitCode.NO_COMMUNICATION,
                silent
                        + " did not confirm that it leaves alone what would go on running here, so Mainstay was not"
                        + " stopped; stop Mainstay there first, or use lkstop without -f"));
    }

    /** Mainstay does not stop after all. */
    private void goOn(Reply reply) {
        List.copyOf(step.own().rows(LcdSection.PARKED).keySet()).forEach(tag -> step.drop(LcdSection.PARKED, tag));
        String request = step.stop.requestId();
        step.stop = Stop.NONE;
        step.cancelTimer(DRAIN);
        step.touch();
        step.phase(Phase.AVAILABLE);
        step.answer(request, reply);
    }

    /**
     * A stop while nothing can be stored (decision 0027). Nothing is stored by {@code -f}, which leaves the databases true: what they
     * say is in service is. Without it the databases would claim that what was stopped runs, or the other way round.
     */
    void unstorable(String requestId, ServiceRequest.Stop request, String reason) {
        boolean idle =
                step.operations().isEmpty() && step.topology().tags().stream().noneMatch(step::occupies);
        if (!request.leaveRunning() && !idle) {
            step.answer(
                    requestId,
                    Reply.failed(
                            ExitCode.SYSTEM_ERROR,
                            "what is in service on " + step.self()
                                    + " cannot be taken out in order, because changes cannot be"
                                    + " stored: " + reason
                                    + "; make room and try again, or use lkstop -f, which leaves it"
                                    + " running"));
            return;
        }
        Stop before = step.stop;
        step.stop = new Stop(true, requestId, request.leaveRunning(), request.systemShutdown(), 0);
        step.phase(Phase.STOPPED);
        step.cancelTimer(DRAIN);
        String text = "Mainstay was stopped on " + step.self() + ", and nothing could be stored: " + reason;
        step.note(Notices.STOPPED, Level.WARNING, "", text);
        step.answer(
                before.requestId(),
                idle || before.leaveRunning()
                        ? Reply.success(text)
                        : Reply.failed(ExitCode.SYSTEM_ERROR, text + "; this may still run: " + running()));
        step.answer(
                requestId,
                Reply.success(
                        idle
                                ? text
                                : text
                                        + "; what it leaves running is protected by its guard, and taken over by"
                                        + " others if the server goes down, as after a crash"));
    }

    void settle() {
        if (!step.stop.asked() || step.phase() != Phase.STOPPING) {
            return;
        }
        boolean handing = step.own().rows(LcdSection.HANDOVERS).values().stream()
                .anyMatch(handover -> handover.from().equals(step.self()) && !knowledge.down(handover.to()));
        if (!step.operations().isEmpty() || handing && !step.stop.leaveRunning()) {
            return;
        }
        if (step.stop.version() == 0) {
            park();
            if (!step.stop.leaveRunning() && remove()) {
                version(step.nextVersion());
                return;
            }
            version(Math.max(1, step.nextVersion()));
        }
        if (!step.stop.leaveRunning() && !step.stop.machine() && !running().isEmpty()) {
            goOn(Reply.failed(
                    ExitCode.SYSTEM_ERROR,
                    "Mainstay was not stopped on " + step.self()
                            + ", because this could not be stopped and may still run: " + running()
                            + "; repair it and try again, or use lkstop -f, which leaves everything running"));
            return;
        }
        TreeSet<String> left = left();
        for (String tag : left) {
            boolean running = step.stop.leaveRunning() || step.occupies(tag);
            Parked row = new Parked(tag, running);
            if (!row.equals(step.own().rows(LcdSection.PARKED).get(tag))) {
                step.put(LcdSection.PARKED, tag, row);
                version(step.nextVersion());
            }
        }
        if (told()) {
            stopped();
        }
    }

    private void stopped() {
        String request = step.stop.requestId();
        step.phase(Phase.STOPPED);
        step.cancelTimer(DRAIN);
        step.note(Notices.STOPPED, Level.INFORMATION, "", "Mainstay was stopped on " + step.self());
        boolean complete = step.stop.leaveRunning() || running().isEmpty();
        step.answer(
                request,
                complete
                        ? Reply.success("Mainstay was stopped on " + step.self())
                        : Reply.failed(
                                ExitCode.SYSTEM_ERROR,
                                "Mainstay was stopped on " + step.self()
                                        + ", but this could not be stopped and may still run: " + running()));
    }

    /** Returns what is not certainly out of service, with the reason where something failed; empty if nothing is left. */
    private String running() {
        return String.join(
                ", ",
                step.topology().tags().stream()
                        .filter(step::occupies)
                        .map(step::instance)
                        .map(instance -> instance.state() == InstanceState.OSF
                                ? instance.tag() + " (" + instance.reason() + ")"
                                : instance.tag())
                        .toList());
    }

    private TreeSet<String> left() {
        TreeSet<String> left = new TreeSet<>(step.own().rows(LcdSection.PARKED).keySet());
        step.topology().tags().stream().filter(step::occupies).forEach(left::add);
        left.removeIf(tag -> step.instance(tag) == null);
        return left;
    }

    /** Records what this server leaves, before anything of it is stopped. */
    private void park() {
        for (String tag : step.topology().tags()) {
            if (step.occupies(tag)) {
                step.put(LcdSection.PARKED, tag, new Parked(tag, true));
            }
        }
    }

    private boolean remove() {
        boolean any = false;
        for (SortedSet<String> hierarchy : step.topology().hierarchies().values()) {
            TreeSet<String> todo = new TreeSet<>(hierarchy);
            todo.removeIf(tag -> !step.occupies(tag));
            if (!todo.isEmpty()) {
                any = true;
                new InstanceReservations(step)
                        .begin(
                                Kind.REMOVE,
                                hierarchy,
                                todo,
                                Asker.NOBODY,
                                "Mainstay is stopped",
                                new Then(Then.Step.STOP, "", List.of(), 0));
            }
        }
        return any;
    }

    private void version(long value) {
        step.stop = step.stop.withVersion(value);
        step.touch();
    }

    private boolean told() {
        return step.peers().keySet().stream().allMatch(this::told);
    }

    private boolean told(String peer) {
        return !step.peer(peer).session()
                || !knowledge.alive(peer)
                || step.peer(peer).received() >= step.nextVersion();
    }
}
