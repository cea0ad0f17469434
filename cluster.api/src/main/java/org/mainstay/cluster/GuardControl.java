package org.mainstay.cluster;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
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
     * Looks after the device of a shared-disk comm path (COMM-020). Blocks nobody: a device that does not answer is a refusal.
     *
     * @param verb {@code inspect}: whether the device could be used, changes nothing; {@code prepare}: makes it the path's area;
     *     {@code verify}: whether the device shows that area, as another server prepared it; {@code wipe}: empties that area
     * @param device absolute path of a block device or image
     * @param path id of the comm path
     * @return done, or why not
     */
    default CompletionStage<HandleResult> disk(String verb, String device, String path) {
        return unsupported();
    }

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
     * Says that this manager begins to open its database, so that the guard knows one that hangs in it from one that has nothing to
     * decide. Over with the first {@link #report}.
     *
     * @param underWay false: it stays idle, on purpose
     */
    default void opening(boolean underWay) {}

    /**
     * Announces that Karaf is about to end on purpose, so that it is not started again.
     *
     * @param guardToo false ({@code lkstop -f}, a stop by the service manager): the guard stays and goes on heartbeating for
     *     what is left running; true ({@code lkstop}): the guard ends as soon as Karaf has ended
     * @return whether the guard has recorded it; Karaf ends only after that
     */
    CompletionStage<HandleResult> stopping(boolean guardToo);

    /**
     * Hands over how the right to run is granted (design.md section 10). Remembered and repeated to each guard that starts
     * later; a refusal's message is the guard's.
     */
    default CompletionStage<HandleResult> lease(LeaseSettings settings) {
        return unsupported();
    }

    /** Grants peers no right to run any more; done when it is in force and recorded, and told as {@link GuardNews.Withheld}. */
    default CompletionStage<HandleResult> withhold(Set<String> peers) {
        return unsupported();
    }

    /** Grants peers the right to run again; done when it is recorded and in force. */
    default CompletionStage<HandleResult> allow(Set<String> peers) {
        return unsupported();
    }

    /** Ends Karaf and sends no heartbeats for a while, then starts both again (QUO-060, QUO-061); 0 ends it. */
    default CompletionStage<HandleResult> quarantine(long millis) {
        return unsupported();
    }

    /**
     * Begins or ends storage mode here ({@code qwk_storage_init}, {@code qwk_storage_exit}; QUO-090 to QUO-094). Waits for the other
     * servers without a limit; asked again it goes on waiting.
     *
     * @param progress takes a sentence at each change of what is waited for
     * @return done, or what is wrong
     */
    default CompletionStage<HandleResult> witnessSetup(boolean initialise, Consumer<String> progress) {
        return unsupported();
    }

    private static CompletionStage<HandleResult> unsupported() {
        return CompletableFuture.completedFuture(new HandleResult(false, "this guard knows no right to run"));
    }

    /**
     * How the right to run is granted.
     *
     * @param self this server
     * @param leaseMillis L: how long a grant lasts, 500 to 600000; not less than the detection time of the slowest heartbeat path
     * @param lossStopMillis S: how long stopping may take after it ended, 500 to 600000
     * @param members all configured servers, this one included
     * @param watchdog device the guard feeds; empty: none
     * @param witness parameters of the storage or etcd by tunable name; empty in the other modes
     */
    record LeaseSettings(
            Mode mode,
            String self,
            long leaseMillis,
            long lossStopMillis,
            Set<String> members,
            String watchdog,
            Map<String, String> witness) {

        /** Who grants. */
        public enum Mode {
            NONE,
            MAJORITY,
            STORAGE,
            ETCD
        }

        public LeaseSettings {
            members = Set.copyOf(members);
            witness = Map.copyOf(witness);
        }
    }

    /**
     * A heartbeat path.
     *
     * @param id id of the comm path
     * @param peer the other server
     * @param local local address; of a shared-disk path the device
     * @param localPort local UDP port; of a shared-disk path this server's slot, 0 or 1
     * @param remote remote address; of a shared-disk path the device
     * @param remotePort remote UDP port; of a shared-disk path the peer's slot
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

        /** Returns whether its heartbeats go through a shared disk. */
        public boolean disk() {
            return local.startsWith("/");
        }

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

        /**
         * This server's right to run; at each change, and at least every L/4 while it is held. All times on the clock of the boot
         * in milliseconds.
         *
         * @param untilBootMillis when it ends, or ended; 0 where there is none
         * @param sinceBootMillis since when it is held without a gap, restarts of the guard included; 0 unless held
         * @param reason who grants it and who does not, for people
         */
        record Lease(Right right, long untilBootMillis, long sinceBootMillis, String reason) implements GuardNews {}

        /** What became of the right to run. */
        enum Right {
            HELD,
            LOST,
            /** No lease is configured, or the one that was switched on has not been held for the first time yet. */
            NONE
        }

        /** Whether the last grant to a peer is over for certain: L + S and 1 % have passed since. */
        record Lapsed(String peer, boolean lapsed) implements GuardNews {}

        /** Whether grants to a peer are withheld, in force and recorded; for each peer at link-up, then at each change. */
        record Withheld(String peer, boolean withheld) implements GuardNews {}

        /** What the storage or etcd say of a peer; FAILED only if the grants from here have lapsed too. */
        record Witness(String peer, Word word, String reason) implements GuardNews {}

        /** A witness' word. */
        enum Word {
            ALIVE,
            FAILED,
            UNKNOWN
        }

        /**
         * Whether a server says that its watchdog is fed, this one included; told at link-up and at each change. Nothing is told of a
         * server that was not heard since the guard here began.
         */
        record Watchdog(String server, boolean fed) implements GuardNews {}

        /** Mainstay is away from this server until then, on the clock of the boot; 0: it is not. */
        record Quarantine(long untilBootMillis) implements GuardNews {}

        /**
         * Something an operator should see as an event, such as a local address that is not there.
         *
         * @param number of the quorum catalog (18100 to 18219); 0 where the text has none
         * @param text one sentence
         */
        record Notice(int number, ClusterEvent.Level level, String text) implements GuardNews {}
    }

    /**
     * Result of one thing asked of the guard.
     *
     * @param done whether it was done
     * @param message the evidence or reason, for people
     * @param code what programs may act on, see the kit API's {@code StorageReservation}; empty: nothing
     */
    record HandleResult(boolean done, String message, String code) {
        public HandleResult(boolean done, String message) {
            this(done, message, "");
        }
    }
}
