package org.mainstay.quorum.internal.fence;

import java.util.Optional;

/** Whether a server's watchdog must have reset it. Called on fencing threads; returns soon. */
interface Surety {
    /**
     * Asks.
     *
     * @return the evidence that the server's right to run ended for certain and its watchdog was unfed for its timeout and a
     *     margin since; empty as long as that is not so
     */
    Optional<String> reset(String server);

    /** Returns whether the server said last that its watchdog is fed. */
    boolean fed(String server);
}
