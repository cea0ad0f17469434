package org.mainstay.comm.internal.session;

/**
 * Limits of a session, in bytes.
 *
 * @param queue per topic: most that waits or is unacknowledged; a single message is accepted into an empty queue whatever its size
 * @param window most that is unacknowledged before ordinary topics wait
 * @param urgentWindow the same for the urgent topic
 * @param credit per topic: most that the receiver's handlers have not taken yet before the next message waits
 */
public record Limits(long queue, long window, long urgentWindow, long credit) {
    /** Topic whose pieces go before all others. */
    public static final String URGENT = "core";

    /** Added to the length of each message, so that empty messages count too. Part of the protocol. */
    public static final int OVERHEAD = 64;

    public static final Limits DEFAULT = new Limits(32L << 20, 1L << 20, 4L << 20, 4L << 20);
}
