package org.mainstay.mirror.engine.volume;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.link.FrameType;
import org.mainstay.mirror.engine.link.Link;

/** Flushes that a source asked for: one is carried out at a time, for all that were asked for before it began. Thread-safe. */
final class Flushes {
    /** As many as all clients of a source can have asked for. */
    private static final int MOST = 1 << 17;

    private final Volume volume;
    private final Link link;
    private List<Long> waiting = new ArrayList<>();
    private boolean running;

    Flushes(Volume volume, Link link) {
        this.volume = volume;
        this.link = link;
    }

    /** Answers that number when all before is on stable storage. @return false: more wait than may */
    synchronized boolean add(long seq) {
        if (waiting.size() >= MOST) {
            return false;
        }
        waiting.add(seq);
        if (!running) {
            running = true;
            volume.env().run(this::run);
        }
        return true;
    }

    private void run() {
        for (List<Long> batch = next(); !batch.isEmpty(); batch = next()) {
            int error = flush();
            batch.forEach(seq -> link.send(FrameType.DONE, seq, 0, error));
            link.kick();
        }
    }

    /** Whatever goes wrong in one, it is answered, and those after it too. */
    private int flush() {
        try {
            return volume.flushLocal();
        } catch (RuntimeException e) {
            volume.env()
                    .log("ERROR a defect: a flush of the target " + volume.name() + " ended by " + e + ", at "
                            + Arrays.toString(e.getStackTrace()));
            return BlockRequest.EIO;
        }
    }

    private synchronized List<Long> next() {
        List<Long> batch = waiting;
        waiting = new ArrayList<>();
        running = !batch.isEmpty();
        return batch;
    }
}
