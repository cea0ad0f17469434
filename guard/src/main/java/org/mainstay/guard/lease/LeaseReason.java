package org.mainstay.guard.lease;

import java.util.ArrayList;
import java.util.List;
import org.mainstay.guard.heartbeat.LeaseExchange;

/** Why the lease is held or lost, in one sentence that does not change as long as nothing does. */
final class LeaseReason {
    static final String NOT_RECORDED =
            "nothing is recorded as long as what was recorded before cannot be read and Karaf has not said the settings of the"
                    + " lease again (lkstart)";

    private LeaseReason() {}

    /** @param left what is in service here although the lease is lost, and what stands in the way; empty if nothing */
    static String of(LeaseBook book, WitnessPost witness, long now, String left) {
        return of(book, witness, now) + (left.isEmpty() ? "" : "; still in service here: " + left);
    }

    static String of(LeaseBook book, WitnessPost witness, long now) {
        LeaseSettings settings = book.settings();
        if (book.unknown()) {
            return "what was recorded of the lease (data/guard/lease and data/guard/lease.2) cannot be read: Karaf has to say"
                    + " it again (lkstart)";
        }
        if (book.overdue() != LeaseBook.NEVER) {
            return "the lease was over for so long that others may have taken what was in service here; it ends first";
        }
        List<String> granting = new ArrayList<>();
        List<String> silent = new ArrayList<>();
        for (String peer : book.peers()) {
            (book.grantedUntil(peer) > now ? granting : silent).add(peer);
        }
        return switch (settings.mode()) {
            case NONE -> "no lease is asked for (QUORUM_MODE=none)";
            case MAJORITY ->
                "granted by " + names(granting) + ", not by " + names(silent) + "; " + book.needed() + " of "
                        + settings.members().size() + " servers are needed, this one included";
            case STORAGE, ETCD -> outside(book, witness, granting, silent, now);
        };
    }

    private static String outside(
            LeaseBook book, WitnessPost witness, List<String> granting, List<String> silent, long now) {
        if (book.writtenUntil() > now) {
            return "confirmed by the witness";
        }
        String trouble = witness.trouble();
        String why = trouble.isEmpty() ? "the witness has confirmed nothing in time" : trouble;
        if (!granting.isEmpty() && silent.isEmpty()) {
            return "granted by all other servers together; " + why;
        }
        return why + "; not granted by " + names(silent) + ", where all others would have to";
    }

    /** Returns what an operator has to know of files that cannot be read; empty if nothing. */
    static String damage(LeaseFiles.Found found, boolean unknown) {
        if (found.damage().isEmpty()) {
            return "";
        }
        String all = found.damage() + ": look at the disk. ";
        if (!found.lost() && found.former() != LeaseBook.Former.UNKNOWN) {
            return all + "The other copy is whole and goes on being used; both are written anew";
        }
        if (!found.lost() && found.kept().settings().mode() == LeaseSettings.Mode.NONE) {
            return all + "There is no quorum here, so nothing depends on it";
        }
        return all
                + (unknown || found.former() == LeaseBook.Former.UNKNOWN
                        ? "What is in service here counts as without a right to run"
                        : "What is in service here needs no lease")
                + (found.lost()
                        ? ", and nothing counts as over that may have been granted to others, until Karaf says the settings"
                                + " again (lkstart) and the others are heard"
                        : " until a lease is granted anew");
    }

    /** Returns what an operator has to know of how a peer runs what it has; empty if nothing. */
    static String terms(LeaseSettings.Mode own, String peer, LeaseExchange.Terms terms) {
        if (own != LeaseSettings.Mode.NONE && terms == LeaseExchange.Terms.WITHOUT_LEASE) {
            return peer
                    + " runs what it has without a lease (QUORUM_MODE is none there, or was never held yet): as long as it"
                    + " says so, its resources are not taken over because its grants are over; make QUORUM_MODE the same on"
                    + " all servers";
        } else if (own == LeaseSettings.Mode.NONE && terms == LeaseExchange.Terms.WITH_LEASE) {
            return peer
                    + " runs what it has under a lease and here QUORUM_MODE is none: a takeover from it would not wait"
                    + " for its lease to end; make QUORUM_MODE the same on all servers";
        }
        return "";
    }

    static String tooShort(LeaseSettings newer, long slowest) {
        return "a lease of " + newer.leaseMillis() + " ms (QUORUM_LEASE_SECS) is shorter than the " + slowest
                + " ms after which the slowest heartbeat path is dead: it would end between two heartbeats; make it longer"
                + " or LCMHBEATTIME and LCMNUMHBEATS smaller";
    }

    private static String names(List<String> names) {
        return names.isEmpty() ? "nobody" : String.join(" ", names);
    }
}
