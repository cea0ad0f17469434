package org.mainstay.mirror.engine.control;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.mainstay.mirror.engine.volume.IntentLog;

/** What the bitmaps of all mirrors may take, so that a volume too much is refused and does not end the process. Thread-safe. */
final class MirrorMemory {
    /** For everything else. */
    private static final long OTHERS = 64L << 20;

    private final long limit;
    private final Map<String, Long> taken = new HashMap<>();

    MirrorMemory() {
        this(Runtime.getRuntime().maxMemory());
    }

    /** @param heap bytes of the largest heap */
    MirrorMemory(long heap) {
        this.limit = Math.max(heap / 4, heap - OTHERS);
    }

    /**
     * Takes what the mirrors of a volume may come to need, in place of what it had.
     *
     * @throws IOException if that is not there: then it keeps what it had
     */
    synchronized void take(String volume, long size, int mirrors) throws IOException {
        long each = IntentLog.mostMemory(size);
        long needed = each * mirrors;
        long others = taken.entrySet().stream()
                .filter(entry -> !entry.getKey().equals(volume))
                .mapToLong(Map.Entry::getValue)
                .sum();
        if (needed > limit - others) {
            throw new IOException("the mirrors of " + volume + " may need " + (needed >> 20) + " MiB of memory, of "
                    + (limit >> 20) + " MiB other volumes may need " + (others >> 20)
                    + ": all mirrored volumes of a server, each counted once for every target, may have "
                    + (limit / (IntentLog.mostMemory(1L << 30) + 1)) + " GiB together. Mirror fewer or smaller ones,"
                    + " or to fewer targets");
        }
        taken.put(volume, needed);
    }

    synchronized void give(String volume) {
        taken.remove(volume);
    }
}
