package org.mainstay.cluster;

import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/** Read access to the whole cluster as this server knows it. Thread-safe; never blocks. */
@ProviderType
public interface Cluster {

    /** Returns the present snapshot. */
    ClusterSnapshot snapshot();

    /**
     * Calls the listener after each change, with the newest snapshot; snapshots in between may be skipped. Called on a thread
     * of the core that must not be held up: return at once.
     */
    Registration listen(Consumer<ClusterSnapshot> listener);
}
