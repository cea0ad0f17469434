package org.mainstay.guard.heartbeat;

import java.nio.ByteBuffer;

/** What carries the heartbeats of a path. Used by the heartbeat thread; never blocks. */
interface Way {

    /** Sends; a packet that cannot be sent now is lost like one the network loses. @return null, or why not */
    String send(ByteBuffer packet, PathConfig path);
}
