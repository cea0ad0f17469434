package org.mainstay.guard.heartbeat;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Where the heartbeats of shared-disk paths are kept. */
@FunctionalInterface
public interface DiskStorage {
    /** A guard without shared disks. */
    DiskStorage NONE = config -> {
        throw new IOException("this guard serves no shared disks");
    };

    /** Opens the disk of a path; may block as long as the storage does. */
    Slots open(PathConfig config) throws IOException;

    /** The two slots of a path. Used by one thread; each method may block as long as the storage does. */
    interface Slots extends AutoCloseable {

        /**
         * Writes this server's heartbeat and reads the peer's, past all caches.
         *
         * @param heartbeat from position to limit; null: only read
         * @return what the peer's slot carries, from 0 to limit; null if nothing that is whole
         * @throws ForeignWriterException if the heartbeat was written, but somebody else writes to the same slot
         * @throws IOException if the storage cannot be used, or is another one by now
         */
        ByteBuffer exchange(ByteBuffer heartbeat) throws IOException;

        @Override
        void close() throws IOException;
    }

    /** Thrown when somebody else writes to this server's slot. */
    final class ForeignWriterException extends IOException {
        private static final long serialVersionUID = 1L;

        public ForeignWriterException(String message) {
            super(message);
        }
    }
}
