package org.mainstay.mirror.engine.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.link.Frame;

/** Compares a range of a target with the digests its source sent. */
final class Comparison {
    /** Bytes of a digest that are compared. */
    private static final int DIGEST = 16;

    private static final int ZEROS = 64 << 10;
    private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(ZEROS).asReadOnlyBuffer();

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
        return (length + IntentLog.BLOCK - 1) / IntentLog.BLOCK * DIGEST;
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
            ByteBuffer mine = digests(data);
            for (int i = 0; i < blocks; i++) {
                int at = i * DIGEST;
                boolean equal = theirs.remaining() >= at + DIGEST
                        && theirs.slice(theirs.position() + at, DIGEST).equals(mine.slice(at, DIGEST));
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

    /** Says whether there is nothing but zeros. */
    static boolean zero(ByteBuffer data) {
        for (int at = 0; at < data.limit(); at += ZEROS) {
            int part = Math.min(ZEROS, data.limit() - at);
            ByteBuffer piece = data.duplicate().limit(at + part).position(at);
            if (part >= Long.BYTES && piece.getLong(at) != 0
                    || piece.mismatch(NOTHING.duplicate().limit(part)) >= 0) {
                return false;
            }
        }
        return true;
    }

    /** Returns a digest of each block of 64 KiB. */
    static ByteBuffer digests(ByteBuffer data) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
        ByteBuffer sums = ByteBuffer.allocateDirect((data.limit() + IntentLog.BLOCK - 1) / IntentLog.BLOCK * DIGEST);
        for (int at = 0; at < data.limit(); at += IntentLog.BLOCK) {
            digest.update(data.duplicate()
                    .limit(Math.min(data.limit(), at + IntentLog.BLOCK))
                    .position(at));
            sums.put(digest.digest(), 0, DIGEST);
        }
        return sums.flip();
    }
}
