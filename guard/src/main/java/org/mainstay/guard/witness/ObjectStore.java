package org.mainstay.guard.witness;

import java.io.IOException;

/**
 * Where QWK objects lie. A call may block, for as long as a dead file server does not answer: it belongs on a thread of which
 * nothing else depends. Thread-safe.
 */
interface ObjectStore {

    /** Thrown where storage says that there is no such object. */
    final class AbsentException extends IOException {
        private static final long serialVersionUID = 1L;

        AbsentException(String message) {
            super(message);
        }
    }

    /**
     * Returns the whole object as the storage has it, not as a cache here remembers it.
     *
     * @param location as configured (QUO-021, QUO-022)
     * @throws AbsentException if there is none
     * @throws IOException if it cannot be read; the sentence names the location
     */
    byte[] read(String location) throws IOException, InterruptedException;

    /**
     * Replaces the object, durable when it returns.
     *
     * @param create whether it may be made; otherwise one that is not there is an error, so that an empty mount point is never taken
     *     for the storage
     */
    void write(String location, byte[] object, boolean create) throws IOException, InterruptedException;
}
