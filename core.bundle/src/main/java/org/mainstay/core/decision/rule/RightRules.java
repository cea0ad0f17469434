package org.mainstay.core.decision.rule;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.Flag;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.effect.Notices;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.decision.state.RightToRun;
import org.mainstay.core.decision.state.RightToRun.Right;
import org.mainstay.core.decision.state.ServiceOperation;
import org.mainstay.core.decision.state.ServiceOperation.Asker;
import org.mainstay.core.decision.state.ServiceOperation.Kind;
import org.mainstay.core.decision.state.ServiceOperation.Stage;
import org.mainstay.core.decision.state.ServiceOperation.Then;

/**
 * The right to run (design.md section 10) and its loss (QUO-060 to QUO-063): everything is taken out of service, all hierarchies
 * at once and within S, then Mainstay leaves for the quarantine. What regains the right meanwhile goes on stopping: others
 * may have begun to count on it.
 */
final class RightRules {
    static final String DEADLINE = "right-loss";
    static final String QUARANTINE = "quarantine";
    /** Begin of the flag that records the unbroken hold of the right under which this server serves. */
    static final String HOLD = "!right!";

    /** Why what was decided before counts no more. */
    static final String GAP = "it had no right to run resources for some time";

    private static final long GRACE = 10_000;

    private final Step step;

    RightRules(Step step) {
        this.step = step;
    }

    /** Brings the right in line with the settings. */
    void configured() {
        if (!step.settings.safety().leased()) {
            step.right(RightToRun.ALWAYS);
            if (step.loss.stopping()) {
                over();
            }
        } else if (step.right.right() == Right.NONE) {
            step.right(RightToRun.AWAITED);
        }
    }

    /**
     * Returns whether a lease is merely held for longer, and nothing waits for it: then no rule concludes anything else than before.
     * By far the most frequent of all events.
     */
    static boolean renewed(CoreState before, Event.RightChanged event) {
        return event.right() == Right.HELD
                && before.right().right() == Right.HELD
                && before.right().since() == event.since()
                && before.settings().safety().leased()
                && before.storage().works()
                && before.start().adopting().isEmpty();
    }

    static RightToRun held(Event.RightChanged event) {
        return new RightToRun(Right.HELD, event.until(), event.since(), "");
    }

    void changed(Event.RightChanged event) {
        if (!step.settings.safety().leased()) {
            return;
        }
        Right before = step.right.right();
        switch (event.right()) {
            case HELD -> {
                if (before == Right.HELD && event.since() > step.right.since()) {
                    gap();
                }
                step.right(held(event));
            }
            case LOST -> {
                String reason = step.self() + " has no right to run resources: " + event.reason();
                // A lease that was switched on while things run ends nothing before it was held for the first time.
                boolean never = before == Right.AWAITED && step.phase() == Phase.AVAILABLE;
                step.right(new RightToRun(never ? Right.AWAITED : Right.LOST, 0, 0, reason));
            }
            case NONE, AWAITED -> step.right(RightToRun.AWAITED);
        }
        if (step.right.lost()) {
            new Handovers(step).withdraw(GAP);
        }
        if (before == Right.HELD && step.right.lost()) {
            step.note(Notices.RIGHT_LOST, Level.WARNING, "", step.right.reason());
        } else if (before == Right.LOST && step.right.granted()) {
            step.note(Notices.RIGHT_HELD, Level.INFORMATION, "", step.self() + " has the right to run resources");
        }
    }

    /** It was lost and is held again, and the news of the loss did not come: what was decided before is over all the same. */
    private void gap() {
        step.right(new RightToRun(
                Right.LOST, 0, 0, step.self() + " had no right to run resources for some time, and has it again now"));
        step.note(Notices.RIGHT_LOST, Level.WARNING, "", step.right.reason());
        new Handovers(step).withdraw(GAP);
        if (mustStop()) {
            begin();
        }
    }

    private boolean mustStop() {
        return step.right.lost()
                && !step.start.bootId().isEmpty()
                && !step.loss.stopping()
                && !step.stop.asked()
                && occupied(step.topology().tags());
    }

    /** Returns whether what ran here when the manager went away has had the right to run ever since (I4). */
    boolean unbroken() {
        return !step.settings.safety().leased()
                || step.right.granted()
                        && step.own()
                                .row(LcdSection.FLAGS, HOLD + step.right.since())
                                .isPresent();
    }

    void settle() {
        if (!step.settings.safety().leased() || step.start.bootId().isEmpty()) {
            return;
        }
        if (mustStop()) {
            begin();
        }
        if (step.loss.stopping() && !step.timers.contains(QUARANTINE)) {
            stop();
        }
        if (step.right.granted() && step.start.adopting().isEmpty()) {
            record();
        }
    }

    private boolean occupied(SortedSet<String> tags) {
        return tags.stream().anyMatch(step::occupies);
    }

    private void record() {
        if (!unbroken()) {
            new Takings(step).forget(GAP);
        }
        String flag = HOLD + step.right.since();
        for (String old : List.copyOf(step.own().rows(LcdSection.FLAGS).keySet())) {
            if (old.startsWith(HOLD) && !old.equals(flag)) {
                step.drop(LcdSection.FLAGS, old);
            }
        }
        step.put(LcdSection.FLAGS, flag, new Flag(flag));
    }

    // ---- loss

    private void begin() {
        // A manager that has just begun finds what its guard has ended already: there is nothing to stay away for.
        step.loss = step.loss.withStopping(true, step.phase() != Phase.STARTING);
        step.touch();
        step.note(
                Notices.RIGHT_LOSS_ACTION,
                Level.ERROR,
                "",
                "everything is taken out of service on " + step.self() + ": " + step.right.reason());
        step.startTimer(DEADLINE, step.settings.safety().lossStop() * 2 / 5);
        for (ServiceOperation operation : step.operations()) {
            boolean waits = operation.stage() == Stage.QUEUED
                    || operation.stage() == Stage.AWAITING
                    || operation.stage() == Stage.CLAIMING;
            if (waits) {
                new InstanceReservations(step)
                        .finish(operation, Reply.failed(ExitCode.SYSTEM_ERROR, step.right.reason()));
            } else if (operation.kind() != Kind.REMOVE) {
                cancel(operation);
            }
        }
    }

    private void cancel(ServiceOperation operation) {
        operation.work().running().values().forEach(one -> step.effect(new Effect.CancelAction(one)));
    }

    private void stop() {
        for (SortedSet<String> hierarchy : step.topology().hierarchies().values()) {
            if (occupied(hierarchy)) {
                stop(hierarchy);
            }
        }
        boolean busy = step.operations().stream().anyMatch(operation -> operation.stage() != Stage.CONFIRMING);
        if (!busy && !occupied(step.topology().tags())) {
            leave();
        }
    }

    private void stop(SortedSet<String> hierarchy) {
        for (ServiceOperation operation : step.operations()) {
            if (operation.tags().stream().anyMatch(hierarchy::contains)) {
                if (operation.kind() == Kind.REMOVE && !operation.work().escalate()) {
                    step.operation(operation.withWork(work -> work.withEscalate(true)));
                }
                return;
            }
        }
        TreeSet<String> todo = new TreeSet<>(hierarchy);
        todo.removeIf(tag -> !step.occupies(tag));
        if (step.loss.tried().containsAll(todo)) {
            return;
        }
        step.loss = step.loss.withTried(todo);
        remove(step, hierarchy, "the right to run was lost");
    }

    /** Takes a hierarchy out of service, whatever it takes. */
    static void remove(Step step, SortedSet<String> tags, String reason) {
        TreeSet<String> todo = new TreeSet<>(tags);
        todo.removeIf(tag -> !step.occupies(tag));
        var operation =
                new InstanceReservations(step).begin(Kind.REMOVE, tags, todo, Asker.NOBODY, reason, Then.NOTHING);
        step.operation(operation.withWork(work -> work.withEscalate(true)));
    }

    /** The time of the kits is over: what still hangs is cancelled, and its kill handles follow. */
    void deadline() {
        for (ServiceOperation operation : step.operations()) {
            cancel(operation);
        }
    }

    private void leave() {
        step.cancelTimer(DEADLINE);
        if (step.stop.asked() || !step.loss.leave()) {
            over();
            return;
        }
        long millis = step.settings.safety().quarantine();
        step.note(
                Notices.QUARANTINE,
                Level.ERROR,
                "",
                "Quorum Quarantine: Mainstay leaves " + step.self() + " for " + millis / 1000 + " s");
        step.effect(new Effect.Quarantine(millis));
        step.startTimer(QUARANTINE, millis + GRACE);
    }

    /** The quarantine should have ended this manager: it did not, so it goes on. */
    void over() {
        step.loss = step.loss.withStopping(false, false);
        step.cancelTimer(QUARANTINE);
        step.cancelTimer(DEADLINE);
        step.touch();
    }
}
