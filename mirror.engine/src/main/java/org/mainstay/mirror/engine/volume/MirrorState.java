package org.mainstay.mirror.engine.volume;

/** The state of a mirror with the numbers users and scripts see (MIR-030 to MIR-036, EMC-011). */
public enum MirrorState {
    NONE(0),
    MIRRORING(1),
    RESYNC(2),
    BROKEN(3),
    PAUSED(4),
    RESYNC_PENDING(5);

    private final int code;

    MirrorState(int code) {
        this.code = code;
    }

    /** Returns the number of the state. */
    public int code() {
        return code;
    }
}
