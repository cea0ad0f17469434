package org.mainstay.guard.control;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.mainstay.guard.heartbeat.OwnStatus;
import org.mainstay.guard.heartbeat.PathConfig;
import org.mainstay.guard.lease.LeaseKeeper;
import org.mainstay.guard.util.Result;

/** What the socket can ask of the guard. Thread-safe; the methods for the manager return at once. */
public interface Operations {

    /**
     * A manager linked itself: it is welcomed, then told the present state.
     *
     * @param news takes the lines of PROTOCOL.md, the welcome first; never blocks
     */
    void linked(long pid, Consumer<String> news);

    /** The link with that consumer ended; does nothing if a newer one has replaced it. */
    void unlinked(Consumer<String> news);

    void paths(List<PathConfig> paths);

    void inService(Map<String, List<String>> handlesByTag);

    CompletableFuture<List<Result>> kill(List<String> handles);

    CompletableFuture<Result> reservation(String verb, String area, boolean force);

    CompletableFuture<Result> disk(String verb, String device, String path);

    void report(OwnStatus.Report report);

    /** A manager that has not reported yet says for how long it has been opening its database; 0: it is not. */
    void opening(long ageMillis);

    Result stopping(boolean everything);

    LeaseKeeper lease();

    /** Ends Karaf and is silent for so long; 0 ends that. @return after it is recorded, before it is done */
    Result quarantine(long millis);

    /** Returns the lines of {@code status}. */
    List<String> status(boolean json);

    Result startManager();

    /** Blocks until Karaf has ended. */
    Result stopManager() throws InterruptedException;

    /**
     * Ends everything in service by its handles, then lets the guard end.
     *
     * @param progress takes a sentence for each thing that was ended or not
     * @return exit code of CMD-010
     */
    int stopEverything(Consumer<String> progress) throws InterruptedException;

    /** Ends Karaf, then lets the guard end; leaves everything else as it is. */
    Result shutdown() throws InterruptedException;
}
