package org.mainstay.sim;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.mainstay.guard.heartbeat.PathConfig;

/** Comm paths between machines: each direction of each can fail alone, and all can lose, delay, double and swap packets. */
final class Network {
    private static final String KEY = "5a".repeat(32);
    private static final int PORT = 1500;

    /** One direction of one path. */
    private static final class Lane {
        private int cuts;
    }

    private final Cluster cluster;
    private final int networks;
    /** By sender, receiver and number of the path. */
    private final Lane[] lanes;

    private int noise;

    /** @param networks how many paths each pair of machines has */
    Network(Cluster cluster, int networks) {
        this.cluster = cluster;
        this.networks = networks;
        int servers = cluster.plan().servers();
        lanes = new Lane[servers * servers * networks];
        Arrays.setAll(lanes, place -> new Lane());
    }

    int networks() {
        return networks;
    }

    private Lane lane(String from, String to, int number) {
        return lane(cluster.machine(from), cluster.machine(to), number);
    }

    private Lane lane(Machine from, Machine to, int number) {
        return lanes[(from.number() * cluster.plan().servers() + to.number()) * networks + number];
    }

    /** Returns the paths of a machine to all others, as its guard is told. */
    List<PathConfig> paths(Machine machine) {
        List<PathConfig> paths = new ArrayList<>();
        for (Machine other : cluster.machines()) {
            for (int number = 0; other != machine && number < networks; number++) {
                boolean first = machine.name().compareTo(other.name()) < 0;
                String id = (first ? machine.name() + other.name() : other.name() + machine.name()) + number;
                paths.add(new PathConfig(
                        id,
                        other.name(),
                        address(machine, number),
                        address(other, number),
                        cluster.plan().interval(),
                        cluster.plan().misses(),
                        KEY));
            }
        }
        return paths;
    }

    private static InetSocketAddress address(Machine machine, int number) {
        try {
            byte[] bytes = {10, (byte) number, 0, (byte) (1 + machine.number())};
            return new InetSocketAddress(InetAddress.getByAddress(bytes), PORT);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    // ---- faults

    /** Cuts one direction of a path for a while; cuts add up. */
    void cut(String from, String to, int number, long millis) {
        Lane lane = lane(from, to, number);
        lane.cuts++;
        cluster.refreshSessions();
        cluster.clock().after(millis, () -> {
            lane.cuts--;
            cluster.disturbed();
            cluster.refreshSessions();
        });
    }

    /** Packets get lost, doubled, late and out of order for a while. */
    void noise(long millis) {
        noise++;
        cluster.clock().disturb(millis);
        cluster.clock().after(millis, () -> {
            noise--;
            cluster.disturbed();
        });
    }

    /** Returns how many directions of paths are cut. */
    long cut() {
        return Arrays.stream(lanes).filter(lane -> lane.cuts > 0).count();
    }

    boolean noisy() {
        return noise > 0;
    }

    /** Returns whether some path works both ways. */
    boolean up(Machine one, Machine other) {
        for (int number = 0; number < networks; number++) {
            if (lane(one, other, number).cuts == 0 && lane(other, one, number).cuts == 0) {
                return true;
            }
        }
        return false;
    }

    // ---- datagrams

    void send(Machine from, PathConfig path, byte[] bytes) {
        String id = path.id();
        int number = id.charAt(id.length() - 1) - '0';
        Machine to = cluster.machine(path.peer());
        Lane lane = lane(from, to, number);
        if (lane.cuts > 0 || noise > 0 && cluster.chance(0.15)) {
            return;
        }
        int copies = noise > 0 && cluster.chance(0.1) ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            long delay = noise > 0 && cluster.chance(0.2) ? cluster.random(4_000) : 1 + cluster.random(2);
            cluster.clock().pulseAfter(delay, () -> {
                if (lane.cuts == 0) {
                    to.guardSide().arrive(id, bytes);
                }
            });
        }
    }
}
