package org.mainstay.sim;

import java.util.Set;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.decision.state.Fate;
import org.mainstay.core.decision.state.RightToRun.Right;
import org.mainstay.core.decision.state.Safety;
import org.mainstay.guard.heartbeat.LeaseExchange;

/**
 * Ways to be wrong that the checks must find: the test of the test. Each changes what production code hears, says or keeps at
 * its edge, never the code itself.
 */
enum Mutant {
    NONE("nothing is wrong"),
    NO_WAITING_TIME("what was granted counts as over at once"),
    WITNESS_IGNORED("whoever cannot be reached has failed, whatever the witness says"),
    CLOCK_STOPS_IN_PAUSES("the lease does not go on ending while a machine stands still"),
    RIGHT_NOT_CHECKED("the right to run is neither told to the manager nor checked before an action"),
    COUNTED_FROM_RECEIPT("a grant counts from when it came, not from when it was asked for"),
    PROMISE_NOT_DURABLE("promises and epochs are lost with the process"),
    GRANTED_LONG_AGO("a grant is remembered as older than it is"),
    MAJORITY_OFF_BY_ONE("one grant less than a majority is enough"),
    SAFETY_CHECK_IGNORED("a machine that is seen counts as not seen"),
    EPOCH_NOT_COMPARED("an epoch is promised to everybody who asks"),
    GRANT_AFTER_WITHHOLD("a guard grants to whom it withholds from"),
    REFUSAL_IGNORED("a refused claim counts as promised"),
    NO_KILL_ESCALATION("the guard ends nothing when the lease is over"),
    LATE_FENCING_COUNTS("what confirms an earlier fencing counts for the present silence"),
    FENCING_WITHOUT_STATUS("a fence device that does not answer has fenced"),
    GUARD_FORGETS_GRANTS("a guard that is started again has granted nothing before"),
    REGAINED_AT_ONCE("a lease comes back before what others may have taken has ended");

    private final String meaning;

    Mutant(String meaning) {
        this.meaning = meaning;
    }

    /** Returns the mode in which it can do harm; null: any. */
    Safety.Quorum where() {
        return switch (this) {
            case NO_WAITING_TIME,
                    COUNTED_FROM_RECEIPT,
                    GRANTED_LONG_AGO,
                    MAJORITY_OFF_BY_ONE,
                    EPOCH_NOT_COMPARED,
                    GRANT_AFTER_WITHHOLD,
                    GUARD_FORGETS_GRANTS,
                    CLOCK_STOPS_IN_PAUSES,
                    PROMISE_NOT_DURABLE,
                    REFUSAL_IGNORED -> Safety.Quorum.MAJORITY;
            case WITNESS_IGNORED, REGAINED_AT_ONCE -> Safety.Quorum.STORAGE;
            case SAFETY_CHECK_IGNORED, FENCING_WITHOUT_STATUS, LATE_FENCING_COUNTS -> Safety.Quorum.NONE;
            default -> null;
        };
    }

    /** Returns which of the checks must find it: what is found by another one is not found. */
    Set<String> violates() {
        return switch (this) {
            case PROMISE_NOT_DURABLE, EPOCH_NOT_COMPARED -> Set.of("epoch");
            case REFUSAL_IGNORED -> Set.of("I1", "epoch");
            default -> Set.of("I1");
        };
    }

    /** Returns whether runs with it hold the rarest sequences too: most mutants show without. */
    boolean atTheEdge() {
        return this == NONE || this == COUNTED_FROM_RECEIPT || this == GRANT_AFTER_WITHHOLD;
    }

    /** Returns whether machines stand still for longer than is tolerated, too: most mutants show without. */
    boolean freezes() {
        return this == NONE || this == REGAINED_AT_ONCE;
    }

    /** Returns whether it can do harm only where machines can be fenced. */
    boolean fences() {
        return this == FENCING_WITHOUT_STATUS || this == LATE_FENCING_COUNTS;
    }

    String meaning() {
        return meaning;
    }

    // ---- at the edge of the guard

    /** Returns the exchange of leases as a broken guard would do it. @param imaginary a peer that grants without being asked */
    static LeaseExchange exchange(Mutant mutant, LeaseExchange real, String imaginary) {
        return switch (mutant) {
            case MAJORITY_OFF_BY_ONE, GRANT_AFTER_WITHHOLD, COUNTED_FROM_RECEIPT, GRANTED_LONG_AGO ->
                new Wrong(mutant, real, imaginary);
            default -> real;
        };
    }

    private record Wrong(Mutant mutant, LeaseExchange real, String imaginary) implements LeaseExchange {
        @Override
        public long turn() {
            if (mutant == MAJORITY_OFF_BY_ONE) {
                real.granted(imaginary, real.now(), real.leaseMillis(), real.lossStopMillis());
            }
            return real.turn();
        }

        @Override
        public long now() {
            return real.now();
        }

        @Override
        public int leaseMillis() {
            return real.leaseMillis();
        }

        @Override
        public int lossStopMillis() {
            return real.lossStopMillis();
        }

        @Override
        public boolean withoutLease() {
            return real.withoutLease();
        }

        @Override
        public void terms(String peer, Terms terms) {
            real.terms(peer, terms);
        }

        @Override
        public boolean grant(String peer, long heardAt, int peerLease, int peerLossStop) {
            long remembered = mutant == GRANTED_LONG_AGO ? heardAt - peerLossStop : heardAt;
            return real.grant(peer, remembered, peerLease, peerLossStop) || mutant == GRANT_AFTER_WITHHOLD;
        }

        @Override
        public void granted(String peer, long sentAt, int lease, int lossStop) {
            real.granted(peer, mutant == COUNTED_FROM_RECEIPT ? real.now() : sentAt, lease, lossStop);
        }
    }

    // ---- at the edge of the decision core

    /** Returns an event of the guard as a manager hears it that does not care. */
    static Event news(Cluster cluster, Machine machine, Event event) {
        switch (cluster.mutant()) {
            case NO_WAITING_TIME:
                return event instanceof Event.Lapsed lapsed ? new Event.Lapsed(lapsed.peer(), true) : event;
            case WITNESS_IGNORED:
                return event instanceof Event.WitnessSaid said
                        ? new Event.WitnessSaid(said.peer(), Fate.Word.FAILED, "")
                        : event;
            case RIGHT_NOT_CHECKED:
                return event instanceof Event.RightChanged changed && changed.right() == Right.LOST ? null : event;
            default:
                return event;
        }
    }

    /** Returns the state an event is applied to. */
    static CoreState before(Cluster cluster, CoreState state, Event event) {
        boolean claim = event instanceof Event.MessageReceived received
                && received.message() instanceof CoreMessage.ClaimRequest;
        if (cluster.mutant() != EPOCH_NOT_COMPARED || !claim) {
            return state;
        }
        Lcd lcd = state.own();
        for (String key : Set.copyOf(lcd.rows(LcdSection.PROMISES).keySet())) {
            lcd = lcd.without(LcdSection.PROMISES, key);
        }
        for (Instance instance : Set.copyOf(lcd.instances().values())) {
            lcd = lcd.with(instance.withOwnership(instance.ownership().withEpoch(0, "")));
        }
        return state.withOwn(lcd);
    }

    /** Returns an event that other machines caused. */
    static Event received(Cluster cluster, Event event) {
        if (cluster.mutant() == LATE_FENCING_COUNTS && event instanceof Event.FenceFinished finished) {
            return new Event.FenceFinished(finished.peer(), finished.confirmed(), finished.evidence());
        }
        if (cluster.mutant() == REFUSAL_IGNORED
                && event instanceof Event.MessageReceived received
                && received.message() instanceof CoreMessage.ClaimAnswer answer) {
            return new Event.MessageReceived(
                    received.peer(), new CoreMessage.ClaimAnswer(answer.claimId(), true, false, answer.epochs(), ""));
        }
        return event;
    }

    /** Returns what of a database reaches the disk. */
    static Lcd stored(Cluster cluster, Lcd before, Lcd after) {
        if (cluster.mutant() != PROMISE_NOT_DURABLE) {
            return after;
        }
        Lcd lcd = after;
        for (String key : Set.copyOf(lcd.rows(LcdSection.PROMISES).keySet())) {
            lcd = lcd.without(LcdSection.PROMISES, key);
        }
        for (Instance instance : Set.copyOf(lcd.instances().values())) {
            Instance old = before.instances().get(instance.tag());
            if (old != null && !instance.ownership().owner().equals(after.server())) {
                lcd = lcd.with(instance.withOwnership(instance.ownership()
                        .withEpoch(old.ownership().epoch(), old.ownership().owner())));
            }
        }
        return lcd;
    }
}
