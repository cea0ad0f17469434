package org.mainstay.core.decision.state;

/**
 * What this server knows about the end of another one, besides what its paths say.
 *
 * @param lapsed whether the last grant of the guard here to it is certainly over
 * @param grants whether the guard here grants it the right to run
 * @param witness what storage or etcd say of it
 * @param sight what the safety check sees of its machine
 * @param unseen whether its machine was not seen for the whole limit
 * @param paused whether a takeover waits because its machine is seen (COMM-051)
 * @param certain why it is certainly down since it was last heard: fenced, or an operator's word; empty if it is not certain
 * @param fence the request to fence it that is under way; empty if there is none
 * @param attempts how often fencing failed since it was last heard
 * @param problem why fencing failed last
 */
public record Fate(
        boolean lapsed,
        Grants grants,
        Word witness,
        Sight sight,
        boolean unseen,
        boolean paused,
        String certain,
        String fence,
        int attempts,
        String problem) {

    /** Whether the guard here grants a peer the right to run. */
    public enum Grants {
        UNKNOWN,
        ALLOWED,
        WITHHELD
    }

    /** What the witness says of a peer. */
    public enum Word {
        UNKNOWN,
        ALIVE,
        FAILED
    }

    /** What the safety check sees of a peer's machine. */
    public enum Sight {
        /** No probe can tell. */
        UNKNOWN,
        SEEN,
        UNSEEN
    }

    public static final Fate OPEN =
            new Fate(false, Grants.UNKNOWN, Word.UNKNOWN, Sight.UNKNOWN, false, false, "", "", 0, "");

    public Fate withLapsed(boolean value) {
        return new Fate(value, grants, witness, sight, unseen, paused, certain, fence, attempts, problem);
    }

    public Fate withGrants(Grants value) {
        return new Fate(lapsed, value, witness, sight, unseen, paused, certain, fence, attempts, problem);
    }

    public Fate withWitness(Word value) {
        return new Fate(lapsed, grants, value, sight, unseen, paused, certain, fence, attempts, problem);
    }

    public Fate withSight(Sight value) {
        return new Fate(lapsed, grants, witness, value, unseen, paused, certain, fence, attempts, problem);
    }

    public Fate withUnseen(boolean value) {
        return new Fate(lapsed, grants, witness, sight, value, paused, certain, fence, attempts, problem);
    }

    public Fate withPaused(boolean value) {
        return new Fate(lapsed, grants, witness, sight, unseen, value, certain, fence, attempts, problem);
    }

    public Fate withCertain(String value) {
        return new Fate(lapsed, grants, witness, sight, unseen, paused, value, fence, attempts, problem);
    }

    /** Returns whether it is being fenced. */
    public boolean fencing() {
        return !fence.isEmpty();
    }

    public Fate withFence(String value) {
        return new Fate(lapsed, grants, witness, sight, unseen, paused, certain, value, attempts, problem);
    }

    public Fate withFailedFencing(String why) {
        return new Fate(lapsed, grants, witness, sight, unseen, paused, certain, "", attempts + 1, why);
    }

    /** Returns this after the server was heard again: all that its silence meant is over. */
    public Fate heard() {
        return new Fate(lapsed, grants, witness, Sight.UNKNOWN, false, false, "", "", 0, "");
    }
}
