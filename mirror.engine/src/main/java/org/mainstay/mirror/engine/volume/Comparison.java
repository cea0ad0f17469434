package org.mainstay.mirror.engine.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.link.Frame;

/** Compares a range of a target with the digests its source sent. */
final class Comparison {
    private final Frame frame;
    private final int length;
    private final int blocks;
    private final ByteBuffer differs;

    Comparison(Frame frame) {
        this.frame = frame;
        this.length = (int) Math.min(frame.length(), Frame.LARGEST_PAYLOAD);
        this.blocks = (length + IntentLog.BLOCK - 1) / IntentLog.BLOCK;
        this.differs = ByteBuffer.allocateDirect((blocks + 7) / 8);
    }

    /** Returns how many bytes the digests of a range have. */
    static long bytes(long length) {
        return (length + IntentLog.BLOCK - 1) / IntentLog.BLOCK * Resync.DIGEST;
    }

    /** Returns a bit for each block that differs. */
    ByteBuffer differs() {
        return differs;
    }

    /** Reads and compares. @return the error number to answer with */
    int run(Volume volume) {
        ByteBuffer theirs = frame.payload();
        ByteBuffer data = volume.env().buffers().takeBeyond(length);
        try {
            data.limit(length);
            volume.disk().read(data.duplicate(), frame.offset());
            ByteBuffer mine = Resync.digests(data);
            for (int i = 0; i < blocks; i++) {
                int at = i * Resync.DIGEST;
                boolean equal = theirs.remaining() >= at + Resync.DIGEST
                        && theirs.slice(theirs.position() + at, Resync.DIGEST).equals(mine.slice(at, Resync.DIGEST));
                if (!equal) {
                    differs.put(i / 8, (byte) (differs.get(i / 8) | 1 << (i & 7)));
                }
            }
            return BlockRequest.OK;
        } catch (IOException | IllegalArgumentException e) {
            return BlockRequest.EIO;
        } finally {
            volume.env().buffers().give(data);
        }
    }
}
