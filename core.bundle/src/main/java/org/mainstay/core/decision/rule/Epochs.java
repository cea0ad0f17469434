package org.mainstay.core.decision.rule;

/**
 * Numbers of ownership epochs. Where the right to run is a lease, a number names its owner: modulo {@value #SERVERS} it is the
 * place of that server in the list of members, so that no two servers ever hold the same epoch, not even where one of them got
 * it by a handover of which those who promised the other one cannot have heard. And a claim begins a new term, above every
 * handover within the one before: what a majority promised is newer than what a minority handed over meanwhile.
 */
final class Epochs {
    private static final long SERVERS = 256;
    private static final long TERM = SERVERS * 4096;
    /**
     * Step, in claims, of an epoch that is claimed without having heard a server of the group since the start: that server may
     * have raised it meanwhile, and who starts last must not look like the older owner when the two meet.
     */
    private static final long BLIND = 1000;

    private Epochs() {}

    /** Returns the epoch this server claims. @param newest the newest one that is known @param blind as {@link #BLIND} says */
    static long claimed(Step step, long newest, boolean blind) {
        long claims = blind ? BLIND : 1;
        return leased(step) ? (newest / TERM + claims) * TERM + number(step, step.self()) : newest + claims;
    }

    /** Returns the epoch of a handover to a server. */
    static long handedOver(Step step, long newest, String to) {
        return leased(step) ? (newest / SERVERS + 1) * SERVERS + number(step, to) : newest + 1;
    }

    /**
     * Returns whether what is known is so new that an epoch which was chosen without it cannot be given any more. Two that were
     * chosen by two servers from the same knowledge differ in their owners only: neither is newer than the other.
     */
    static boolean reaches(Step step, long known, long epoch) {
        return generation(step, known) >= generation(step, epoch);
    }

    /** Returns whether what is known was chosen in the knowledge of an epoch. */
    static boolean passes(Step step, long known, long epoch) {
        return generation(step, known) > generation(step, epoch);
    }

    private static long generation(Step step, long epoch) {
        return leased(step) ? epoch / SERVERS : epoch;
    }

    private static boolean leased(Step step) {
        return step.settings.safety().leased();
    }

    private static long number(Step step, String server) {
        return Math.min(SERVERS - 1, Members.of(step).headSet(server).size());
    }
}
