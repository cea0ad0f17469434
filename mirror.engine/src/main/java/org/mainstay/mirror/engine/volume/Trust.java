package org.mainstay.mirror.engine.volume;

/** Why a side may become source. */
public enum Trust {
    /** Only if this side itself knows that it is current. */
    OWN,
    /** The controller read, where the source would have recorded it, that this side is current. */
    RECORDED,
    /** An operator accepts that data may be old or of no one moment. */
    FORCED
}
