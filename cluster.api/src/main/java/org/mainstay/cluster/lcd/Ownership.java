package org.mainstay.cluster.lcd;

import java.util.List;

/**
 * Who may run a resource, as far as this server's instance of it knows.
 *
 * @param epoch ownership epoch of the SHARED group: rises by one with each claim; the older epoch stops
 * @param owner server that won this epoch; empty before the first claim
 * @param wanted whether the group is wanted in service or was taken out by an operator, as of {@code wantedRevision}
 * @param wantedRevision orders the wanted states that servers hold: the highest is the truth
 * @param released whether this server has certainly let go of it: false while in service, and after a remove or clean-up that
 *     failed, until {@code confirm-stopped}, fencing, or kill handles and a probe that says stopped
 * @param killHandles text forms of how to end it here without its kit, recorded before each restore
 * @param failures failovers of the group because of failed checks or restores on this server since it last ran well
 */
public record Ownership(
        long epoch,
        String owner,
        Wanted wanted,
        long wantedRevision,
        boolean released,
        List<String> killHandles,
        int failures) {

    /** A resource nobody has owned yet. */
    public static final Ownership NONE = new Ownership(0, "", Wanted.OUT, 0, true, List.of(), 0);

    public Ownership {
        killHandles = List.copyOf(killHandles);
    }

    public Ownership withEpoch(long value, String newOwner) {
        return new Ownership(value, newOwner, wanted, wantedRevision, released, killHandles, failures);
    }

    public Ownership withWanted(Wanted value, long revision) {
        return new Ownership(epoch, owner, value, revision, released, killHandles, failures);
    }

    public Ownership withReleased(boolean value) {
        return new Ownership(epoch, owner, wanted, wantedRevision, value, killHandles, failures);
    }

    public Ownership withKillHandles(List<String> value) {
        return new Ownership(epoch, owner, wanted, wantedRevision, released, value, failures);
    }

    public Ownership withFailures(int value) {
        return new Ownership(epoch, owner, wanted, wantedRevision, released, killHandles, value);
    }
}
