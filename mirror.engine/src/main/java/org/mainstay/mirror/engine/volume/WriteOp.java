package org.mainstay.mirror.engine.volume;

import org.mainstay.mirror.engine.io.BlockRequest;

/** A change or flush under way: answered when its own part and those of the synchronous mirrors are done. Guarded by the volume's lock. */
final class WriteOp {
    final BlockRequest request;
    final long offset;
    final long end;
    /** What is still to be done: the local part counts as one. */
    int left = 1;

    int error;
    /** The flush that follows a forced write. */
    final boolean flush;

    WriteOp(BlockRequest request, boolean flush) {
        this.request = request;
        this.offset = request.offset();
        this.end = request.end();
        this.flush = flush;
    }

    /** Keeps changes out of a range; nobody is answered. */
    WriteOp(long offset, long end) {
        this.request = null;
        this.offset = offset;
        this.end = end;
        this.flush = false;
    }

    boolean overlaps(long from, long to) {
        return offset < to && from < end;
    }
}
