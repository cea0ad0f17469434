package org.mainstay.mirror.engine.volume;

import org.mainstay.mirror.engine.io.Buffers;
import org.mainstay.mirror.engine.link.Link;
import org.mainstay.mirror.engine.link.LinkHandler;

/** Everything a volume needs from outside: time, background work, chance, the network. Thread-safe. */
public interface Environment {
    /** Runs a job soon, on another thread. */
    void run(Runnable job);

    /** Runs a job after some time. */
    void after(long millis, Runnable job);

    /** Returns the time, monotonic, in nanoseconds. */
    long nanos();

    /** As {@link #nanos}, from another beginning, but goes on while the machine sleeps; not as fine, never ahead. */
    long bootNanos();

    /** Returns a random id, never 0. */
    long newGeneration();

    /** Returns the buffers for data on its way. */
    Buffers buffers();

    /** Returns the buffers for what waits in the queues of asynchronous mirrors: those above must be left for others. */
    default Buffers queueBuffers() {
        return buffers();
    }

    /**
     * Connects to another engine. Calls {@code connected} with the link, or with null and the reason, once, on another thread.
     * The handler gets nothing before that call returns.
     */
    void dial(String address, LinkHandler handler, Dialed connected);

    /** Returns how many blocks of an intent log are marked together in a burst. */
    default int markExtent() {
        return MarkAhead.EXTENT;
    }

    /** Writes to the log. */
    void log(String line);

    /** Tells the controller that something changed. */
    void event(String line);

    /** The result of {@link #dial}. */
    interface Dialed {
        void done(Link link, String error);
    }
}
