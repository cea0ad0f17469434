package org.mainstay.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mainstay.cluster.lcd.Lcd;

/**
 * What one server knows of the cluster at one moment. Immutable.
 *
 * @param revision rises with each change
 * @param self this server
 * @param phase life cycle of Mainstay here
 * @param own this server's database
 * @param peers the other members by name
 * @param paths this server's ends of comm paths by id: whether they are alive
 * @param activities by tag: what is being done to an instance here now
 * @param checkedAt by tag: wall-clock milliseconds of the last finished check here
 * @param problems what an administrator should know, one sentence each; empty if all is well
 */
public record ClusterSnapshot(
        long revision,
        String self,
        Phase phase,
        Lcd own,
        Map<String, Peer> peers,
        Map<String, Boolean> paths,
        Map<String, Activity> activities,
        Map<String, Long> checkedAt,
        List<String> problems) {

    /** Life cycle of Mainstay on a server. */
    public enum Phase {
        /** Reading, waiting for peers, initialising resources. */
        STARTING,
        /** Ready. */
        AVAILABLE,
        /** Stopping on purpose. */
        STOPPING,
        STOPPED
    }

    /** State of another server (CMD-302). */
    public enum PeerState {
        /** At least one comm path is alive. */
        ALIVE,
        /** All comm paths are dead. */
        DEAD,
        /** No comm path, or not heard since the start. */
        UNKNOWN
    }

    /**
     * What is known of another server.
     *
     * @param name its name
     * @param state reachability
     * @param managerPresent whether its Mainstay runs; false while only its guard answers
     * @param lcd copy of its database as last received
     * @param current whether the copy is up to date; if not, states are shown as UNKNOWN with the copy as last known
     * @param checkedAt as {@link ClusterSnapshot#checkedAt}, as last received
     * @param activities as {@link ClusterSnapshot#activities}, as last received
     * @param paths its ends of comm paths by id, as {@link ClusterSnapshot#paths}, as last received; an end without an entry is
     *     shown as UNKNOWN
     */
    public record Peer(
            String name,
            PeerState state,
            boolean managerPresent,
            Lcd lcd,
            boolean current,
            Map<String, Long> checkedAt,
            Map<String, Activity> activities,
            Map<String, Boolean> paths) {
        public Peer {
            checkedAt = Map.copyOf(checkedAt);
            activities = Map.copyOf(activities);
            paths = Map.copyOf(paths);
        }

        /** A peer whose ends of comm paths are not known. */
        public Peer(
                String name,
                PeerState state,
                boolean managerPresent,
                Lcd lcd,
                boolean current,
                Map<String, Long> checkedAt,
                Map<String, Activity> activities) {
            this(name, state, managerPresent, lcd, current, checkedAt, activities, Map.of());
        }
    }

    /**
     * Something being done to an instance.
     *
     * @param transition {@code RESTORE}, {@code REMOVE} or {@code RECOVER} (CMD-140 field 10)
     * @param operation id of the operation
     * @param progress last progress message; may be empty
     */
    public record Activity(String transition, String operation, String progress) {}

    public ClusterSnapshot {
        peers = Map.copyOf(peers);
        paths = Map.copyOf(paths);
        activities = Map.copyOf(activities);
        checkedAt = Map.copyOf(checkedAt);
        problems = List.copyOf(problems);
    }

    /** Returns all server names, this one first. */
    public List<String> servers() {
        List<String> names = new ArrayList<>();
        names.add(self);
        peers.keySet().stream().sorted().forEach(names::add);
        return names;
    }

    /** Returns the databases of all servers as known here, this one's first. */
    public List<Lcd> databases() {
        List<Lcd> all = new ArrayList<>();
        all.add(own);
        peers.keySet().stream().sorted().forEach(name -> all.add(peers.get(name).lcd()));
        return all;
    }

    /** Returns the database of a server as known here. */
    public Optional<Lcd> lcd(String server) {
        return server.equals(self)
                ? Optional.of(own)
                : Optional.ofNullable(peers.get(server)).map(Peer::lcd);
    }
}
