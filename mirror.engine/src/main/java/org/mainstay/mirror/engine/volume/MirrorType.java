package org.mainstay.mirror.engine.volume;

/** When a write is complete (MIR-040 to MIR-042). */
public enum MirrorType {
    NONE(0),
    SYNC(1),
    ASYNC(2);

    private final int code;

    MirrorType(int code) {
        this.code = code;
    }

    /** Returns the number of the type. */
    public int code() {
        return code;
    }
}
