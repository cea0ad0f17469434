package org.mainstay.kit;

import java.nio.file.Path;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Exclusive use of storage that several servers reach, recorded on the storage itself: one 4096-byte slot per server in an
 * area of its own, written with direct synchronous I/O and renewed by the guard. It stops a second mount by mistake; it does
 * not stop an owner that is paused and wakes up.
 */
@ProviderType
public interface StorageReservation {
    /** {@link Outcome#code} of a {@link #check} that failed: nobody holds the area. */
    String HELD_BY_NOBODY = "held-by-nobody";
    /** {@link Outcome#code} of a {@link #check} that failed: another server holds the area. */
    String HELD_ELSEWHERE = "held-elsewhere";
    /** {@link Outcome#code} of an area made where direct I/O is refused: it guards the servers of one machine only. */
    String THIS_MACHINE_ONLY = "this-machine-only";

    /** Reads the area all the time from now on, so that a later claim knows at once whether the holder is alive. */
    void observe(Path area);

    /**
     * Claims the area for this server: writes its slot, waits longer than the slowest I/O, reads all slots again.
     *
     * @param force take it over from a holder that still looks alive; only on an operator's word
     * @return success, or a failure that names the server that holds it
     */
    Outcome claim(Path area, boolean force);

    /** Gives the area up; succeeds if this server does not hold it. */
    Outcome release(Path area);

    /**
     * Returns who holds the area, as a sentence; for checks: a failure if it is not this server, with the code {@link
     * #HELD_BY_NOBODY} or {@link #HELD_ELSEWHERE} if the area could be read.
     */
    Outcome check(Path area);

    /** Creates the area if it does not exist; never overwrites another server's slot. Code: {@link #THIS_MACHINE_ONLY} or none. */
    Outcome initialise(Path area);
}
