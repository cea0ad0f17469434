package org.mainstay.core.internal.host;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The last part of what a program prints. Reads everything, so that the program never waits, and keeps at most {@link #LIMIT}
 * bytes, so that memory stays bounded whatever is printed. One thread fills it, others may read it at any time.
 */
final class OutputTail {
    /** What is kept, in bytes (see {@code CommandResult}). */
    static final int LIMIT = 256 * 1024;

    private byte[] ring = new byte[4096];
    private int next;
    private long total;

    /** Reads to the end of the stream. A stream closed under it ends it too: what was read until then counts. */
    void fill(InputStream in) {
        byte[] chunk = new byte[16 * 1024];
        try {
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                append(chunk, n);
            }
        } catch (IOException e) {
            append(("[reading the output ended: " + e.getMessage() + "]\n").getBytes(StandardCharsets.UTF_8));
        }
    }

    private void append(byte[] text) {
        append(text, text.length);
    }

    synchronized void append(byte[] data, int length) {
        if (total + length > ring.length && ring.length < LIMIT) {
            // not yet wrapped: the ring grows until it has its full size
            ring = Arrays.copyOf(ring, (int) Math.min(LIMIT, Math.max(ring.length * 2L, total + length)));
            next = (int) total;
        }
        int from = Math.max(0, length - ring.length);
        for (int at = from; at < length; ) {
            if (next == ring.length) {
                next = 0;
            }
            int n = Math.min(length - at, ring.length - next);
            System.arraycopy(data, at, ring, next, n);
            next += n;
            at += n;
        }
        total += length;
    }

    /** Returns what is kept as UTF-8; a character cut by the limit is left out. */
    synchronized String text() {
        if (total <= ring.length) {
            return new String(ring, 0, (int) total, StandardCharsets.UTF_8);
        }
        byte[] kept = new byte[ring.length];
        int start = next % ring.length;
        System.arraycopy(ring, start, kept, 0, ring.length - start);
        System.arraycopy(ring, 0, kept, ring.length - start, start);
        int skip = 0;
        while (skip < 4 && (kept[skip] & 0xC0) == 0x80) {
            skip++;
        }
        return new String(kept, skip, kept.length - skip, StandardCharsets.UTF_8);
    }
}
