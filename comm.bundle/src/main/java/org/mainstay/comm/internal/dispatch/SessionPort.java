package org.mainstay.comm.internal.dispatch;

import org.mainstay.comm.internal.session.Incoming;
import org.mainstay.comm.internal.wire.Frame;

/** What dispatching needs of a session. Thread-safe. */
public interface SessionPort {
    /** Returns the other server. */
    String peer();

    /** Notes that a message was handed over, for flow control. */
    void taken(Incoming message);

    /** Sends an answer; dropped if the session is over. */
    void reply(Frame.Head head, byte[] payload);
}
