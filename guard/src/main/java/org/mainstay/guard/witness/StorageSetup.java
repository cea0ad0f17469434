package org.mainstay.guard.witness;

import org.mainstay.guard.util.Result;

/**
 * Beginning and end of storage mode on this server (QUO-090 to QUO-094), for {@code qwk_storage_init} and {@code qwk_storage_exit}. The
 * running witness of mode storage offers it. Thread-safe.
 */
public interface StorageSetup {

    /** Is told how far it is; called on the caller's thread. */
    @FunctionalInterface
    interface Progress {
        /** @param sentence such as which servers are missing; said at each change */
        void say(String sentence);
    }

    /**
     * Initialises this server's QWK object with the parameters of now, which stay in force until {@link #exit} (QUO-091), and waits
     * until the objects of all servers are initialised. Where that was begun before, waits on.
     *
     * @return done, or what is wrong and what to do
     * @throws InterruptedException ends the waiting only: the object stays initialised, and a later call waits on
     */
    Result initialise(Progress progress) throws InterruptedException;

    /**
     * Ends storage mode here: no lease from the storage, no judgement of others. Says so in the object, if that can be reached.
     *
     * @return done, also if the object could not be reached, which the message then says
     */
    Result exit(Progress progress) throws InterruptedException;
}
