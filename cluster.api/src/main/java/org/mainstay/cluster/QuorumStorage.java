package org.mainstay.cluster;

import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/** Begin and end of storage mode on this server (QUO-090 to QUO-094). Provided by quorum.bundle. Thread-safe; never blocks. */
@ProviderType
public interface QuorumStorage {

    /**
     * Takes the storage parameters of {@code etc/default/LifeKeeper} into use and writes this server's object; ends when the
     * objects of all members are there. Cancelling the stage's future ends the wait; this server's part stays done.
     *
     * @param progress which servers are missing, at each change
     */
    CompletionStage<Reply> initialise(Caller caller, Consumer<String> progress);

    /** Ends storage mode here: afterwards quorum mode none holds until the next {@code qwk_storage_init}. */
    CompletionStage<Reply> leave(Caller caller);
}
