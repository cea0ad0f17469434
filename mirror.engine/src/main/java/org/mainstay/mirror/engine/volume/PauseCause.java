package org.mainstay.mirror.engine.volume;

/** Why a mirror does not replicate: only some causes end by themselves (EMC-018, MIR-052 to MIR-064). */
public enum PauseCause {
    /** It replicates, or is about to. */
    NONE(true),
    /** An operator asked for it. */
    USER(false),
    /** No connection: the target is away, or the network is. */
    CONNECTION(true),
    /** The target could not write. */
    TARGET_ERROR(true),
    /** The source could not write: what both hold is not known to be equal. */
    LOCAL_ERROR(true),
    /** The queue reached its limit (MIR-053). */
    QUEUE_LIMIT(true),
    /** Resynchronisation did not end in the time writes may be delayed (MIR-059), or ran out of passes (MIR-058). */
    RESYNC_LIMIT(true),
    /** The target's data is newer than the source's. */
    STALE_SOURCE(false),
    /** Both sides wrote without the other; an operator has to choose. */
    SPLIT_BRAIN(false),
    /** The target holds other data. */
    UNRELATED(false),
    /** The target does not want to be one. */
    REFUSED(true);

    private final boolean passing;

    PauseCause(boolean passing) {
        this.passing = passing;
    }

    /** Says whether the mirror resumes by itself. */
    public boolean passing() {
        return passing;
    }
}
