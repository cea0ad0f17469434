package org.mainstay.cluster;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/** The guard process of this server (design.md section 2). Provided by core, which holds the link to it. Thread-safe; never blocks. */
@ProviderType
public interface GuardControl {

    /** Replaces the heartbeat paths the guard serves; it keeps those that did not change running undisturbed. */
    void paths(List<HeartbeatPath> paths);

    /** Calls the listener with each news of the guard, in order, and at once with the present state of each path. */
    Registration listen(Consumer<GuardNews> listener);

    /** Executes kill handles in the order address, processes, mount, device; one result line per handle. */
    CompletionStage<List<HandleResult>> kill(List<String> handles);

    /** Replaces what the guard may have to end without Karaf: kill handles by tag of what is in service here. */
    void inService(Map<String, List<String>> handlesByTag);

    /**
     * Asks the guard for a reservation action: see the methods of the kit API's {@code StorageReservation}.
     *
     * @param verb {@code observe}, {@code claim}, {@code release}, {@code check} or {@code initialise}
     * @param area absolute path of the reservation area
     * @param force only read by {@code claim}
     * @return done, or why not; a link that is down answers "not done" after a few seconds, never an exception
     */
    CompletionStage<HandleResult> reservation(String verb, String area, boolean force);

    /**
     * Hands over what heartbeats and {@code status} say of this server. Called by the decision loop itself, at each change and
     * at least once per second: the time since the last call is the age of the decision loop that the heartbeats carry
     * (design.md section 5).
     */
    void report(ManagerReport report);

    /**
     * Says how long the commit that is under way has taken, so that heartbeats carry it and the guard knows that the decision loop
     * waits for its disk. Called on any thread while the loop cannot call {@link #report}; the age of the loop is not touched.
     *
     * @param ageMillis 0 when it is over
     */
    default void committing(long ageMillis) {}

    /**
     * Announces that Karaf is about to end on purpose, so that it is not started again.
     *
     * @param guardToo false ({@code lkstop -f}, a stop by the service manager): the guard stays and goes on heartbeating for
     *     what is left running; true ({@code lkstop}): the guard ends as soon as Karaf has ended
     * @return whether the guard has recorded it; Karaf ends only after that
     */
    CompletionStage<HandleResult> stopping(boolean guardToo);

    /**
     * A heartbeat path.
     *
     * @param id id of the comm path
     * @param peer the other server
     * @param local local address
     * @param localPort local UDP port
     * @param remote remote address
     * @param remotePort remote UDP port
     * @param intervalMillis heartbeat interval
     * @param misses consecutive misses after which the path is dead
     * @param key 32 bytes agreed with the peer over TLS, hexadecimal; a change of key takes effect at once for sending, the old
     *     one is accepted for one detection time more
     */
    record HeartbeatPath(
            String id,
            String peer,
            String local,
            int localPort,
            String remote,
            int remotePort,
            int intervalMillis,
            int misses,
            String key) {

        @Override
        public String toString() {
            return "heartbeat path " + id + " to " + peer + " " + local + ":" + localPort + " - " + remote + ":"
                    + remotePort;
        }
    }

    /**
     * What the manager says of itself.
     *
     * @param server name of this server
     * @param lcdIncarnation incarnation of the database as last committed
     * @param lcdVersion version of the database as last committed
     * @param commitAgeMillis how long the commit that is under way has taken, 0 if none is; see {@link #committing}
     * @param membershipDigest digest of the membership list
     * @param epochsDigest digest of the ownership epochs
     */
    record ManagerReport(
            String server,
            long lcdIncarnation,
            long lcdVersion,
            long commitAgeMillis,
            long membershipDigest,
            long epochsDigest) {}

    /** News of the guard. */
    sealed interface GuardNews {
        /** The link to the guard is up or down. */
        record Link(boolean up) implements GuardNews {}

        /** A path came alive or died. */
        record PathState(String pathId, String peer, boolean alive) implements GuardNews {}

        /**
         * What a peer's heartbeats say changed.
         *
         * @param bootId its machine's boot
         * @param managerPresent whether its Karaf is connected to its guard and its decision loop is younger than the detection
         *     time of the path
         * @param lcdIncarnation incarnation of its database as last committed; 0 if nobody knows: its decision loop hangs and may
         *     be committing, or its guard was never told
         * @param lcdVersion version of its database as last committed
         */
        record PeerInfo(String peer, String bootId, boolean managerPresent, long lcdIncarnation, long lcdVersion)
                implements GuardNews {}

        /**
         * This server's hold on a reservation area was superseded by another server, or cannot be renewed: what uses the
         * storage must stop.
         */
        record ReservationLost(String area, String message) implements GuardNews {}

        /** Something an operator should see as an event, such as a local address that is not there; one sentence. */
        record Notice(String text) implements GuardNews {}
    }

    /** Result of one thing asked of the guard: whether it was done, and the evidence or reason. */
    record HandleResult(boolean done, String message) {}
}
