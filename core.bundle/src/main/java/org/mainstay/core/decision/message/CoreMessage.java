package org.mainstay.core.decision.message;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.Operation;

/**
 * What decision cores tell each other, in order and once within a session. Most of what servers agree on needs no message of
 * its own: it is in the rows of their databases, which are replicated by the first messages below.
 */
public sealed interface CoreMessage {

    /**
     * First message of each side in a session.
     *
     * @param lcd the sender's database, complete
     * @param run differs after each start of the sender's manager
     * @param loadedVersion version of the sender's database when its manager started
     * @param yourIncarnation incarnation of the sender's copy of the receiver's database, 0 = none
     * @param yourVersion version of that copy
     */
    record Hello(Lcd lcd, String run, long loadedVersion, Standing standing, long yourIncarnation, long yourVersion)
            implements CoreMessage {}

    /**
     * A commit of the sender.
     *
     * @param from version the changes apply to
     * @param to version they lead to
     */
    record LcdDelta(long incarnation, long from, long to, String bootId, List<LcdChange<?>> changes)
            implements CoreMessage {
        public LcdDelta {
            changes = List.copyOf(changes);
        }
    }

    /** The sender has stored the receiver's database up to this version. */
    record LcdReceived(long incarnation, long version) implements CoreMessage {}

    /** The sender's copy of the receiver's database has a gap. */
    record AskSnapshot() implements CoreMessage {}

    /** The sender's database, complete. */
    record Snapshot(Lcd lcd) implements CoreMessage {}

    /** Asks for the receiver's copy of the sender's own database, which is newer than the sender's own. */
    record AskMyCopy() implements CoreMessage {}

    /** The sender's copy of the receiver's database. */
    record YourCopy(Lcd lcd) implements CoreMessage {}

    /**
     * How the sender stands; sent at each change.
     *
     * @param kits keys of the types usable there
     * @param right whether it has the right to run resources
     * @param alive servers it can reach
     * @param withheld servers that have no right to run from it any more, for certain
     * @param certain servers it knows to be down for certain: fenced, or by an operator's word
     */
    record Standing(
            ClusterSnapshot.Phase phase,
            Set<String> kits,
            boolean right,
            Set<String> alive,
            Set<String> withheld,
            Set<String> certain)
            implements CoreMessage {
        /** How a server stands that has said nothing yet. */
        public static final Standing NONE =
                new Standing(ClusterSnapshot.Phase.STOPPED, Set.of(), false, Set.of(), Set.of(), Set.of());

        public Standing {
            kits = sorted(kits);
            alive = sorted(alive);
            withheld = sorted(withheld);
            certain = sorted(certain);
        }

        /** Returns the same without the word that these are down for certain. */
        public Standing withoutCertain(Set<String> servers) {
            Set<String> rest = new java.util.TreeSet<>(certain);
            rest.removeAll(servers);
            return new Standing(phase, kits, right, alive, withheld, rest);
        }

        private static Set<String> sorted(Set<String> names) {
            return java.util.Collections.unmodifiableSortedSet(new java.util.TreeSet<>(names));
        }
    }

    /**
     * Asks for the right to own groups.
     *
     * @param epochs by the sender's tag, the epoch it wants to own
     * @param places by the sender's tag, the tags of the same group by server, the sender's included
     */
    record ClaimRequest(String claimId, Map<String, Long> epochs, Map<String, Places> places) implements CoreMessage {
        public ClaimRequest {
            epochs = java.util.Collections.unmodifiableMap(new TreeMap<>(epochs));
            places = java.util.Collections.unmodifiableMap(new TreeMap<>(places));
        }
    }

    /** The instances of a group: tags by server. */
    record Places(Map<String, String> tags) {
        public Places {
            tags = java.util.Collections.unmodifiableMap(new TreeMap<>(tags));
        }
    }

    /** The sender gave up a claim: what was promised to it for that is free again. */
    record ClaimWithdrawn(String claimId, Map<String, Long> epochs) implements CoreMessage {
        public ClaimWithdrawn {
            epochs = java.util.Collections.unmodifiableMap(new TreeMap<>(epochs));
        }
    }

    /**
     * Answer to a claim.
     *
     * @param early whether it is not granted only because the end of another server's right to run is not certain yet
     * @param epochs by the asker's tag, the newest epochs the answerer knows
     * @param reason why not; empty if granted
     */
    record ClaimAnswer(String claimId, boolean granted, boolean early, Map<String, Long> epochs, String reason)
            implements CoreMessage {
        public ClaimAnswer {
            epochs = java.util.Collections.unmodifiableMap(new TreeMap<>(epochs));
        }
    }

    /** The sender will not take part in a handover. @param exitCode why, as for operators */
    record HandoverRefused(String handoverId, int exitCode, String reason) implements CoreMessage {}

    /** Asks the receiver to take resources out of service for an operator of the sender. @param tags the receiver's tags */
    record TakeOut(String requestId, List<String> tags, boolean ignoreReservations, String who) implements CoreMessage {
        public TakeOut {
            tags = List.copyOf(tags);
        }
    }

    /** Asks the receiver to record the operator's word that its instance is stopped. @param tag the receiver's tag */
    record StoppedWord(String requestId, String tag, String who) implements CoreMessage {}

    /** Outcome of a {@link TakeOut} or {@link StoppedWord}. */
    record RequestDone(String requestId, int exitCode, String message) implements CoreMessage {}

    /** Asks the receiver to prepare its part of an operation; it answers with its row or with a refusal. */
    record Prepare(Operation operation) implements CoreMessage {}

    record PrepareRefused(String operationId, int exitCode, String reason) implements CoreMessage {}
}
