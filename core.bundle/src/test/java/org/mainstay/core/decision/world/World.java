package org.mainstay.core.decision.world;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.state.Settings;

/**
 * Virtual time and network. Everything happens on one thread in an order that the seed alone decides.
 *
 * <p>Faults it knows: loss of power, death of the manager alone, failing kits, a disk that refuses commits. Links between
 * servers can be cut ({@link #cut}), which is what a simulator of partitions builds on.
 */
public final class World {
    /** Begin of the wall clock, for display. */
    private static final long EPOCH = 1_790_000_000_000L;

    private static final long YEAR_MILLIS = 31_557_600_000L;

    private record Due(long at, long sequence, Runnable work) {}

    private final PriorityQueue<Due> due =
            new PriorityQueue<>(Comparator.comparingLong(Due::at).thenComparingLong(Due::sequence));
    private final TreeMap<String, Server> servers = new TreeMap<>();
    private final TreeMap<String, Boolean> cuts = new TreeMap<>();
    private final TreeMap<String, Boolean> disks = new TreeMap<>();
    /** Directions that carry nothing: {@code from>to}. */
    private final TreeSet<String> deaf = new TreeSet<>();
    /** When each server last wrote its object on the shared storage. */
    private final TreeMap<String, Long> storage = new TreeMap<>();

    private final TreeSet<String> withoutStorage = new TreeSet<>();
    private final TreeMap<String, Fencer> fencers = new TreeMap<>();
    private boolean watchdogs;
    private boolean clockJumps;
    private final List<Watcher> watchers = new ArrayList<>();
    private final Random random;
    private final boolean jitter;
    private final Settings settings;
    private long now;
    private long sequence;

    /**
     * @param seed decides everything random
     * @param jitter whether delays vary
     */
    public World(long seed, boolean jitter, Settings settings) {
        this.random = new Random(seed);
        this.jitter = jitter;
        this.settings = settings;
    }

    public Settings settings() {
        return settings;
    }

    public void watch(Watcher watcher) {
        watchers.add(watcher);
    }

    List<Watcher> watchers() {
        return watchers;
    }

    public Random random() {
        return random;
    }

    public long now() {
        return now;
    }

    /** Lets the wall clock jump by years, forth and back, every second: nothing may be decided by it. */
    public void wallClockJumps() {
        clockJumps = true;
    }

    long wallClock() {
        long jump = clockJumps ? (now / 1000 * 7919 % 61 - 30) * YEAR_MILLIS : 0;
        return EPOCH + now + jump;
    }

    /** The path that all servers have to each other. */
    private static CommPath pathTo(Server other) {
        return new CommPath("to-" + other.name(), other.name(), "10.8.0.1", "10.8.0.2", 1, 500, 6);
    }

    /** The guard speaks of a path that it was not yet told is deleted. */
    public void guardSays(String server, String path, String peer) {
        server(server).feed(new Event.PathState(path, peer, true));
    }

    public Server add(String name) {
        Server server = new Server(this, name);
        for (Server other : servers.values()) {
            server.path(pathTo(other));
            other.path(pathTo(server));
        }
        servers.put(name, server);
        return server;
    }

    public Map<String, Server> servers() {
        return servers;
    }

    public Server server(String name) {
        Server server = servers.get(name);
        if (server == null) {
            throw new IllegalArgumentException("there is no server '" + name + "'");
        }
        return server;
    }

    /** Returns a duration between half and one and a half times the given one. */
    public long about(long millis) {
        return jitter ? millis / 2 + random.nextInt((int) Math.max(1, millis)) : millis;
    }

    /** Returns whether something with this probability happens. */
    public boolean chance(double probability) {
        return jitter && random.nextDouble() < probability;
    }

    public void after(long millis, Runnable work) {
        due.add(new Due(now + millis, sequence++, work));
    }

    /** Lets time pass. */
    public void run(long millis) {
        long end = now + millis;
        while (!due.isEmpty() && due.peek().at() <= end) {
            Due next = due.remove();
            now = next.at();
            next.work().run();
        }
        now = end;
    }

    /** Does the next thing that is due, if it is due before {@code end}. */
    public boolean step(long end) {
        if (due.isEmpty() || due.peek().at() > end) {
            now = Math.max(now, end);
            return false;
        }
        Due next = due.remove();
        now = next.at();
        next.work().run();
        return true;
    }

    // ---- network

    private static String link(String one, String other) {
        return one.compareTo(other) < 0 ? one + "-" + other : other + "-" + one;
    }

    /** Gives two servers a shared disk, or takes it away from both; paths that are cut do not touch it. */
    public void sharedDisk(String one, String other, boolean works) {
        disks.put(link(one, other), works);
        connect();
    }

    /** Returns whether beats pass over the shared disk of two servers. */
    boolean beats(Server one, Server other) {
        return disks.getOrDefault(link(one.name(), other.name()), false);
    }

    /** Cuts or repairs all network paths between two servers. */
    public void cut(String one, String other, boolean cut) {
        cuts.put(link(one, other), cut);
        connect();
    }

    /** Cuts or repairs one direction of all paths: what {@code from} sends does not reach {@code to}. */
    public void deafen(String from, String to, boolean cut) {
        if (cut) {
            deaf.add(from + ">" + to);
        } else {
            deaf.remove(from + ">" + to);
        }
        connect();
    }

    /** Returns whether packets get through and back: a path with one-way loss is a dead path. */
    boolean linked(Server one, Server other) {
        return !cuts.getOrDefault(link(one.name(), other.name()), false)
                && !deaf.contains(one.name() + ">" + other.name())
                && !deaf.contains(other.name() + ">" + one.name());
    }

    // ---- shared storage, fencing, watchdogs

    /** Lets a server reach the shared storage or not. */
    public void storage(String server, boolean reaches) {
        if (reaches) {
            withoutStorage.remove(server);
        } else {
            withoutStorage.add(server);
        }
    }

    Map<String, Long> storage() {
        return storage;
    }

    boolean reachesStorage(Server server) {
        return !withoutStorage.contains(server.name());
    }

    /** How fencing of a server ends. @param millis after how long */
    public record Fencer(boolean works, long millis) {}

    public void fencer(String server, Fencer fencer) {
        fencers.put(server, fencer);
    }

    Fencer fencer(String server) {
        return fencers.getOrDefault(server, new Fencer(true, 2_000));
    }

    /** From now on every machine has a watchdog that resets it when its guard cannot end what it must. */
    public void watchdogs(boolean present) {
        watchdogs = present;
    }

    boolean watchdogs() {
        return watchdogs;
    }

    /** Lets every server notice who can be reached now. */
    void connect() {
        for (Server one : servers.values()) {
            for (Server other : servers.values()) {
                if (one != other) {
                    one.link(other).refresh();
                }
            }
        }
    }
}
