package org.mainstay.core.decision.rule;

import java.util.List;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.core.decision.Decision;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.effect.Notices;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Input;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.decision.state.CoreState.Storage;
import org.mainstay.core.decision.state.ServiceOperation;
import org.mainstay.core.decision.state.ServiceOperation.Kind;

/** Applies one event, then all rules again and again until nothing changes any more. */
public final class Rules {
    private static final String RETRY = "persist-retry";
    private static final int MOST_ROUNDS = 1000;

    private final Step step;

    private Rules(Step step) {
        this.step = step;
    }

    /** Decides, and remembers what is dear to compute and follows from the database alone. For one thread. */
    public static final class Decider {
        private Topology topology;

        /** Returns what follows from an event. */
        public Decision decide(CoreState before, Input input) {
            if (input.event() instanceof Event.RightChanged changed && RightRules.renewed(before, changed)) {
                Origin nobody = new Origin(Origin.SELF, before.self(), input.at(), "");
                return new Decision(before.withRight(RightRules.held(changed)), List.of(), nobody);
            }
            return whole(before, input);
        }

        /** Decides by all rules, without a short cut. */
        Decision whole(CoreState before, Input input) {
            Step step = new Step(before, input.at(), topology);
            new Rules(step).accept(input.event());
            topology = step.topology();
            return step.decision();
        }
    }

    // ---- storage

    private void accept(Event event) {
        if (event instanceof Event.PersistFailed failed) {
            persistFailed(failed);
        } else if (event instanceof Event.PersistOverdue overdue) {
            step.note(
                    Notices.PERSIST_SLOW,
                    Level.WARNING,
                    "",
                    "storing a change on " + step.self() + " takes longer than " + overdue.millis() + " ms");
        } else if (step.storage.works()) {
            handle(event);
            if (!idle(event)) {
                settle();
            }
        } else if (event instanceof Event.PersistRecovered
                || event instanceof Event.TimerFired timer && timer.id().equals(RETRY)) {
            retry();
        } else if (event instanceof Event.Requested requested) {
            refuse(requested, step.storage.problem());
        } else if (!refusedToPeer(event, step.storage.problem())) {
            step.storage = new Storage(step.storage.problem(), Waiting.with(step.storage.waiting(), event));
        }
    }

    /**
     * Nothing of the discarded decision happened. A request is refused; everything else waits in order until storing works
     * again, and what runs goes on running.
     */
    private void persistFailed(Event.PersistFailed failed) {
        Event event = failed.failed();
        List<Event> waiting = step.storage.waiting();
        if (event instanceof Event.Requested requested) {
            refuse(requested, failed.reason());
        } else if (!(event instanceof Event.PersistRecovered)
                && !(event instanceof Event.TimerFired timer && timer.id().equals(RETRY))
                && !refusedToPeer(event, failed.reason())) {
            waiting = Waiting.with(waiting, event);
        }
        if (step.storage.works()) {
            step.note(
                    Notices.PERSIST_FAILED,
                    Level.ERROR,
                    "",
                    "changes cannot be stored on " + step.self() + ": " + failed.reason());
        }
        if (event instanceof Event.Requested && step.storage.works()) {
            return;
        }
        new Agreements(step).unstorable(failed.reason());
        new Claims(step).giveUp(failed.reason());
        step.storage = new Storage(failed.reason(), waiting);
        step.startTimer(RETRY, step.settings.persistRetry());
    }

    private void refuse(Event.Requested requested, String reason) {
        if (requested.request() instanceof ServiceRequest.Stop stop && step.phase() != Phase.STOPPED) {
            new Stopping(step).unstorable(requested.requestId(), stop, reason);
            return;
        }
        step.answer(requested.requestId(), notStored(step, reason));
    }

    /** Returns what is said to who asked for a change that could not be stored. */
    static Reply notStored(Step step, String reason) {
        return Reply.failed(
                ExitCode.SYSTEM_ERROR,
                "the change could not be stored on " + step.self() + ": " + reason + "; nothing was changed");
    }

    /**
     * Answers what another server asks for and waits for without storing it: it must not wait for this server's disk.
     *
     * @return whether the event was such a question
     */
    private boolean refusedToPeer(Event event, String reason) {
        if (!(event instanceof Event.MessageReceived received)) {
            return false;
        }
        String peer = received.peer();
        Reply reply = notStored(step, reason);
        if (received.message() instanceof CoreMessage.ClaimRequest claim) {
            new Claims(step).abstain(peer, claim);
        } else if (received.message() instanceof CoreMessage.TakeOut takeOut) {
            step.send(peer, new CoreMessage.RequestDone(takeOut.requestId(), reply.exitCode(), reply.message()));
        } else if (received.message() instanceof CoreMessage.StoppedWord word) {
            step.send(peer, new CoreMessage.RequestDone(word.requestId(), reply.exitCode(), reply.message()));
        } else if (received.message() instanceof CoreMessage.Prepare prepare) {
            step.send(
                    peer, new CoreMessage.PrepareRefused(prepare.operation().id(), reply.exitCode(), reply.message()));
        } else {
            return false;
        }
        return true;
    }

    private void retry() {
        List<Event> waiting = step.storage.waiting();
        step.storage = Storage.WORKS;
        step.cancelTimer(RETRY);
        step.note(Notices.PERSIST_WORKS, Level.INFORMATION, "", "changes are stored again on " + step.self());
        for (Event event : waiting) {
            handle(event);
            settle();
        }
        settle();
    }

    // ---- events

    private void handle(Event event) {
        if (step.phase() == Phase.STOPPED && event instanceof Event.Requested requested) {
            step.answer(
                    requested.requestId(),
                    Reply.failed(ExitCode.SYSTEM_ERROR, "Mainstay is stopped on " + step.self()));
        } else if (event instanceof Event.Started started) {
            new Starting(step).started(started);
        } else if (event instanceof Event.SettingsChanged changed) {
            step.settings = changed.settings();
            step.touch();
            new RightRules(step).configured();
        } else if (event instanceof Event.PathState path) {
            new Replication(step).path(path);
        } else if (event instanceof Event.PeerInfo info) {
            new Replication(step).guardWord(info);
        } else if (event instanceof Event.SessionOpened opened) {
            new Replication(step).opened(opened);
        } else if (event instanceof Event.SessionClosed closed) {
            new Replication(step).closed(closed.peer());
            new Requests(step).lost(closed.peer());
        } else if (event instanceof Event.MessageReceived received) {
            if (step.peer(received.peer()).session()) {
                message(received.peer(), received.message());
            }
        } else if (event instanceof Event.Requested requested) {
            new Requests(step).requested(requested);
        } else if (event instanceof Event.TimerFired timer) {
            timer(timer.id());
        } else {
            local(event);
        }
    }

    /** Returns whether an event cannot change what any rule concludes: most confirmations of peers wait for nothing. */
    private boolean idle(Event event) {
        if (event instanceof Event.RightChanged) {
            boolean same = step.right().right() == step.before.right().right()
                    && step.right().since() == step.before.right().since();
            return same && step.start.adopting().isEmpty();
        }
        return event instanceof Event.MessageReceived received
                && received.message() instanceof CoreMessage.LcdReceived
                && !Grants.pending(step)
                && !step.stop.asked()
                && step.operations().stream()
                        .noneMatch(operation -> operation.stage() == ServiceOperation.Stage.CONFIRMING);
    }

    private void local(Event event) {
        if (event instanceof Event.HandlesKnown known) {
            new Restoring(step).handlesKnown(known.tag(), known.handles());
        } else if (event instanceof Event.ActionFinished finished) {
            finished(finished);
        } else if (event instanceof Event.ProbeFinished probe) {
            if (!new Removing(step).probed(probe.tag(), probe.presence(), probe.message())) {
                new Starting(step).probed(probe.tag(), probe.presence());
            }
        } else if (event instanceof Event.KillFinished kill) {
            new Removing(step).killed(kill.tag(), kill.done(), kill.message());
        } else if (event instanceof Event.CheckFailed check) {
            if (step.phase() == Phase.AVAILABLE) {
                new Failover(step).checkFailed(check.tag(), check.check(), check.message());
            }
        } else if (event instanceof Event.StorageLost lost) {
            new Failover(step).lost(lost.tag(), lost.message());
        } else if (event instanceof Event.KitAppeared kit) {
            step.kits.add(kit.type());
            new Starting(step).kitAppeared(kit.type());
            new Outdated(step).kitAppeared(kit.type());
        } else if (event instanceof Event.KitGone kit) {
            step.kits.remove(kit.type());
        } else {
            safety(event);
        }
    }

    private void safety(Event event) {
        if (event instanceof Event.RightChanged changed) {
            new RightRules(step).changed(changed);
        } else if (event instanceof Event.Lapsed lapsed) {
            new Grants(step).lapsed(lapsed);
        } else if (event instanceof Event.Withheld withheld) {
            new Grants(step).withheld(withheld);
        } else if (event instanceof Event.WitnessSaid said) {
            new Grants(step).witness(said);
        } else if (event instanceof Event.GuardAway) {
            new Grants(step).guardAway();
        } else if (event instanceof Event.PeerSighted sighted) {
            new Verdicts(step).sighted(sighted);
        } else if (event instanceof Event.SafetyAway) {
            new Verdicts(step).away();
            new Fencing(step).away();
        } else if (event instanceof Event.CutOff cutOff) {
            cutOff(cutOff);
        } else if (event instanceof Event.FenceFinished finished) {
            new Fencing(step).finished(finished);
        }
    }

    private void cutOff(Event.CutOff event) {
        String reason = event.cutOff() ? event.reason().isEmpty() ? "its network is away" : event.reason() : "";
        if (!reason.isEmpty() && step.loss.cutOff().isEmpty()) {
            step.note(Notices.CUT_OFF, Level.ERROR, "", step.self() + " is cut off and takes nothing over: " + reason);
        }
        step.loss = step.loss.withCutOff(reason);
        step.touch();
    }

    private void message(String peer, CoreMessage message) {
        Replication replication = new Replication(step);
        if (message instanceof CoreMessage.Hello hello) {
            replication.hello(peer, hello);
        } else if (message instanceof CoreMessage.LcdDelta delta) {
            replication.delta(peer, delta);
        } else if (message instanceof CoreMessage.LcdReceived received) {
            replication.received(peer, received);
        } else if (message instanceof CoreMessage.AskSnapshot) {
            replication.askedAgain(peer);
        } else if (message instanceof CoreMessage.Snapshot snapshot) {
            replication.answered(peer, snapshot.lcd());
        } else if (message instanceof CoreMessage.AskMyCopy) {
            replication.yourCopy(peer);
        } else if (message instanceof CoreMessage.YourCopy copy) {
            replication.myCopy(peer, copy.lcd());
        } else if (message instanceof CoreMessage.Standing standing) {
            replication.standing(peer, standing);
        } else if (message instanceof CoreMessage.ClaimRequest claim) {
            new Claims(step).asked(peer, claim);
        } else if (message instanceof CoreMessage.ClaimAnswer answer) {
            new Claims(step).answered(peer, answer);
        } else if (message instanceof CoreMessage.ClaimWithdrawn withdrawn) {
            new Promises(step).withdrawn(peer, withdrawn);
        } else if (message instanceof CoreMessage.HandoverRefused refused) {
            new Handovers(step).refused(peer, refused);
        } else if (message instanceof CoreMessage.TakeOut takeOut) {
            new Requests(step).takeOutFor(peer, takeOut);
        } else if (message instanceof CoreMessage.StoppedWord word) {
            new Confirmations(step).word(peer, word);
        } else if (message instanceof CoreMessage.RequestDone done) {
            new Requests(step).done(done);
        } else if (message instanceof CoreMessage.Prepare prepare) {
            new Agreements(step).prepare(peer, prepare.operation());
        } else if (message instanceof CoreMessage.PrepareRefused refused) {
            new Agreements(step).refused(peer, refused);
        }
    }

    private void timer(String id) {
        if (!step.timers.remove(id)) {
            return;
        }
        step.touch();
        int colon = id.indexOf(':');
        String rest = id.substring(colon + 1);
        switch (colon < 0 ? id : id.substring(0, colon)) {
            case Starting.WAIT -> new Starting(step).waited();
            case Stopping.DRAIN -> new Stopping(step).drained();
            case "wait" -> new InstanceReservations(step).waited(rest);
            case "defer" -> new Reconcile(step).deferred(rest);
            case Claims.TIMER -> new Claims(step).overdue(rest);
            case Handovers.UNTAKEN -> new Handovers(step).untaken(rest);
            case "agree" -> new Agreements(step).overdue(rest);
            case Failover.LOST -> new Failover(step).stillLost(rest);
            case "failures" -> new Failover(step).forgiven(rest);
            case Verdicts.UNSEEN -> new Verdicts(step).unseen(rest);
            case Verdicts.ALERT -> new Verdicts(step).alert(rest);
            case Fencing.TIMER -> new Fencing(step).again(rest);
            case Outdated.DEADLINE -> new Outdated(step).deadline(rest);
            case RightRules.DEADLINE -> new RightRules(step).deadline();
            case RightRules.QUARANTINE -> new RightRules(step).over();
            default -> {
                // backoff: its end alone lets the rules look again
            }
        }
    }

    private void finished(Event.ActionFinished event) {
        for (ServiceOperation operation : step.operations()) {
            if (!event.actionId().equals(operation.work().running().get(event.tag()))) {
                continue;
            }
            switch (operation.kind()) {
                case RESTORE ->
                    new Restoring(step).finished(operation, event.tag(), event.succeeded(), event.message());
                case REMOVE -> new Removing(step).finished(operation, event.tag(), event.succeeded(), event.message());
                case RECOVER ->
                    new Failover(step).recovered(operation, event.tag(), event.succeeded(), event.message());
                case ACTION -> new Requests(step).actionDone(operation, event.succeeded(), event.message());
            }
            return;
        }
    }

    // ---- the rules

    private void settle() {
        int rounds = 0;
        do {
            step.takeTouched();
            rounds++;
            if (rounds > MOST_ROUNDS) {
                throw new IllegalStateException("the rules do not come to rest on " + step.self());
            }
            new Replication(step).settle();
            new Grants(step).settle();
            new Promises(step).settle();
            new Verdicts(step).settle();
            new RightRules(step).settle();
            new Outdated(step).settle();
            new Starting(step).settle();
            new Agreements(step).settle();
            new Handovers(step).settle();
            new Stopping(step).settle();
            step.operations().forEach(operation -> advance(operation.id()));
            new Fencing(step).settle();
            new Reconcile(step).settle();
            new Switchback(step).settle();
        } while (step.takeTouched());
        monitor();
    }

    private void advance(String id) {
        ServiceOperation operation = step.operation(id);
        if (operation == null) {
            return;
        }
        switch (operation.stage()) {
            case QUEUED -> activate(operation);
            case AWAITING -> {
                // goes on with the other server's record
            }
            case CLAIMING -> new Claims(step).advance(operation);
            case RUNNING, CLEANING -> {
                if (operation.kind() == Kind.RESTORE) {
                    new Restoring(step).advance(operation);
                } else if (operation.kind() == Kind.REMOVE) {
                    new Removing(step).advance(operation);
                }
            }
            case CONFIRMING -> new Removing(step).confirm(operation);
        }
    }

    private void activate(ServiceOperation operation) {
        InstanceReservations reservations = new InstanceReservations(step);
        if (!reservations.free(operation) || moving(operation)) {
            reservations.waitFor(operation);
            return;
        }
        step.cancelTimer("wait:" + operation.id());
        switch (operation.kind()) {
            case RESTORE -> new Requests(step).activateRestore(operation);
            case REMOVE -> new Requests(step).activateRemove(operation);
            case RECOVER -> new Failover(step).activateRecover(operation);
            case ACTION -> new Requests(step).activateAction(operation);
        }
    }

    /** What an operator asks for waits until a handover of the same resources has ended one way or the other. */
    private boolean moving(ServiceOperation operation) {
        boolean service = operation.kind() == Kind.RESTORE || operation.kind() == Kind.REMOVE;
        return service && operation.asker().present() && new Knowledge(step).inHandover(operation.tags());
    }

    private void monitor() {
        TreeSet<String> monitored = new TreeSet<>();
        if (step.phase() == Phase.AVAILABLE || step.phase() == Phase.STOPPING) {
            Knowledge knowledge = new Knowledge(step);
            step.own().instances().values().stream()
                    .filter(instance -> instance.state() == InstanceState.ISP && !instance.failed())
                    .map(instance -> instance.tag())
                    .filter(tag -> !step.start.adopting().contains(tag))
                    .filter(tag -> !knowledge.maintained(List.of(tag)))
                    .forEach(monitored::add);
        }
        if (!monitored.equals(step.monitored)) {
            step.monitored.clear();
            step.monitored.addAll(monitored);
            step.effect(new Effect.Monitor(monitored));
        }
    }
}
