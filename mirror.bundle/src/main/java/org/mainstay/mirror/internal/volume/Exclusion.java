package org.mainstay.mirror.internal.volume;

import org.mainstay.kit.ActionContext;
import org.mainstay.kit.Outcome;

/** Exclusive use of a volume's storage, recorded where every server that reaches it sees it. */
interface Exclusion {

    /** Makes it possible to claim; changes nothing where it is possible already. */
    Outcome initialise();

    /** Watches the storage from now on, so that a later claim knows at once whether the holder is alive. */
    Outcome observe();

    /**
     * Claims the storage for this server; succeeds if it holds it already.
     *
     * @param force only on an operator's word
     */
    Outcome claim(boolean force);

    /** Gives the storage up; succeeds if this server does not hold it. */
    Outcome release();

    /** Fails if this server does not hold the storage any more. */
    Outcome check();

    /** Returns what the volume's {@code reservation} says; a volume must have been completed by {@link VolumeChecks}. */
    static Exclusion of(Volume volume, ActionContext context) {
        if (volume.reservation().equals(Volume.NONE)) {
            return new NoExclusion();
        }
        if (volume.reservation().equals(Volume.SCSI)) {
            return new ScsiExclusion(context, volume.device());
        }
        return new AreaExclusion(context.host().reservation(), java.nio.file.Path.of(volume.reservation()));
    }
}
