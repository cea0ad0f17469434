package org.mainstay.comm.internal.session;

import org.mainstay.comm.internal.wire.Frame;

/**
 * A message that arrived whole.
 *
 * @param lane number the sender gave its topic
 * @param head what it is
 * @param payload its bytes
 */
public record Incoming(int lane, Frame.Head head, byte[] payload) {
    /** Returns what it counts in flow control. */
    public long cost() {
        return Outbox.cost(payload.length);
    }
}
