package org.mainstay.mirror.engine.volume;

import org.mainstay.mirror.engine.link.FrameType;
import org.mainstay.mirror.engine.link.Link;

/** How far a target has applied what its source sent, and how far it has said so. Used by one thread. */
final class Applied {
    /** Much data that came together is not answered at its end only, so that the source goes on meanwhile. */
    static final int MUCH = 256 << 10;

    private final Link link;
    private long applied;
    private long acknowledged;
    private int bytes;

    Applied(Link link) {
        this.link = link;
    }

    /** All frames up to {@code seq} are applied, the last with so many bytes of data. */
    void upTo(long seq, int data) {
        applied = seq;
        bytes += data;
    }

    void acknowledge() {
        if (applied != acknowledged) {
            acknowledged = applied;
            bytes = 0;
            link.send(FrameType.ACK, applied, 0, 0);
        }
    }

    /** Acknowledges what is much, at once. */
    void acknowledgeMuch() {
        if (bytes >= MUCH) {
            acknowledge();
            link.kick();
        }
    }
}
