package org.mainstay.mirror.engine.io;

/** What a client of the NBD server sees of a volume. Thread-safe. */
public interface Export {
    /** Returns the size in bytes. */
    long size();

    /** Says whether changes are refused. */
    boolean readOnly();

    /**
     * Says whether a flush on one connection covers what other connections wrote and what one wrote is at once seen by all.
     */
    boolean manyConnections();

    /**
     * Says whether what its clients use up must not be missing elsewhere: they get memory and connections of their own, and fewer of
     * them (SNAP-054).
     */
    default boolean lesser() {
        return false;
    }

    /**
     * Begins requests that were read together. Ranges and lengths have been checked. Each is answered once, now or later, on
     * any thread; order among them is not kept. Does not wait for replication; may wait for storage that is fast anyway.
     *
     * @param requests the first {@code count} are meant; the array is the caller's again when this returns
     */
    void submit(BlockRequest[] requests, int count);

    /** A client came; {@code client} is closed when the export ends. @return false if the export ends already */
    boolean attach(AutoCloseable client);

    /** The client has gone and all its requests are answered. */
    void detach(AutoCloseable client);
}
