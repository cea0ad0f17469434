package org.mainstay.mirror.engine.volume;

import java.io.IOException;
import java.util.concurrent.Executor;
import org.mainstay.mirror.engine.io.Disk;

/**
 * What one snapshot uses and nobody else: if it hangs, only the snapshot does. Its threads are never interrupted, as that would close the
 * storage they use.
 */
public interface SnapshotRoom {
    /** Where blocks are kept; as large as the volume, reads as zeros at first. */
    Disk file();

    /** Runs one job at a time: copying for the target. */
    Executor copier();

    /** Runs what clients ask for. */
    Executor clients();

    /** Gives everything back; may wait for transfers under way. */
    void close() throws IOException;
}
