package org.mainstay.guard.lease;

import java.util.ArrayList;
import java.util.List;

/** Why the lease is held or lost, in one sentence that does not change as long as nothing does. */
final class LeaseReason {
    private LeaseReason() {}

    static String of(LeaseBook book, WitnessPost witness, long now) {
        LeaseSettings settings = book.settings();
        List<String> granting = new ArrayList<>();
        List<String> silent = new ArrayList<>();
        for (String peer : settings.peers()) {
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

    private static String names(List<String> names) {
        return names.isEmpty() ? "nobody" : String.join(" ", names);
    }
}
