package org.mainstay.mirror.engine.link;

import java.nio.ByteBuffer;

/**
 * A connection to another engine. Frames arrive whole, unchanged and in the order in which they were given to {@link #send}, or the link
 * ends. Thread-safe.
 */
public interface Link {
    /**
     * Queues a frame; never waits.
     *
     * @param payload must not change until the frame is sent or the link is closed; null: none
     * @param sent called once when the payload is no longer needed, on any thread; null: nobody asks
     */
    void send(FrameType type, long seq, long offset, long length, ByteBuffer payload, Runnable sent);

    /** Queues a frame without payload. */
    default void send(FrameType type, long seq, long offset, long length) {
        send(type, seq, offset, length, null, null);
    }

    /** Sends what is queued, on this thread if that does not take long. Called without any lock held. */
    void kick();

    /** Ends the link at once. When this returns no payload given before is sent any more as if it were whole. */
    void close(String why);

    /**
     * Changes how frames are sent.
     *
     * @param kilobitsPerSecond 0: without bound
     * @param compression 0 (none) to 9
     * @param background never send on the thread that kicks: it must not wait for the network
     */
    void shape(long kilobitsPerSecond, int compression, boolean background);

    /** Returns who is at the other end, for people. */
    String peer();

    /** Returns the name of the server at the other end, as its certificate proves it; null: nothing proves one. */
    default String identity() {
        return null;
    }
}
