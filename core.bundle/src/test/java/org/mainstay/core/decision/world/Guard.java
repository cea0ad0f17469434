package org.mainstay.core.decision.world;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Event.Presence;
import org.mainstay.core.decision.state.Fate;
import org.mainstay.core.decision.state.RightToRun.Right;
import org.mainstay.core.decision.state.Safety;

/**
 * A model of a guard's lease (design.md section 10): looks at everything once per tick, grants and is granted, and tells the
 * manager. It works only where quorum is configured.
 */
public final class Guard {
    private static final long TICK = 250;
    private static final long RECORD = 5;
    /** How long a sign of life on the storage may stay unchanged: four heartbeats of six seconds (QUO-088). */
    private static final long STALE = 24_000;

    private final World world;
    private final Server server;
    private final Safety safety;

    private final Map<String, Long> granted = new TreeMap<>();
    private final Map<String, Long> grants = new TreeMap<>();
    private final Set<String> withheld = new TreeSet<>();
    private final Map<String, Boolean> lapsed = new TreeMap<>();
    private final Map<String, Long> written = new TreeMap<>();
    private final Map<String, Long> changed = new TreeMap<>();
    private final Map<String, Fate.Word> words = new TreeMap<>();

    private int life;
    private boolean running;
    private boolean held;
    private boolean ending;
    private boolean killed;
    private long until;
    private long since;
    private long told;

    Guard(World world, Server server) {
        this.world = world;
        this.server = server;
        safety = world.settings().safety();
    }

    boolean running() {
        return running;
    }

    public boolean held() {
        return held;
    }

    /** Begins with the machine: it must act as if it had granted to everybody just now, and grants to nobody yet. */
    void start() {
        running = true;
        life++;
        granted.clear();
        grants.clear();
        lapsed.clear();
        words.clear();
        changed.clear();
        withheld.clear();
        held = false;
        ending = false;
        until = 0;
        for (Server other : world.servers().values()) {
            if (other != server) {
                grants.put(other.name(), world.now());
                withheld.add(other.name());
            }
        }
        resume();
    }

    /** Goes on after a quarantine, with what it has recorded. */
    void resume() {
        running = true;
        if (safety.leased()) {
            tick(++life);
        }
    }

    /** The machine is off, or in quarantine. */
    void stop() {
        running = false;
        held = false;
    }

    private void tick(int owner) {
        if (!running || owner != life) {
            return;
        }
        renew();
        lookAtOthers();
        end();
        world.after(TICK, () -> tick(owner));
    }

    // ---- the own lease

    private void renew() {
        for (Server other : world.servers().values()) {
            if (other != server && other.guard().grants(server)) {
                granted.put(other.name(), world.now());
            }
        }
        if (safety.quorum() != Safety.Quorum.MAJORITY && world.reachesStorage(server)) {
            world.storage().put(server.name(), world.now());
        }
        until = Math.max(until, lease());
        boolean now = world.now() < until;
        if (now != held) {
            held = now;
            since = now ? world.now() : since;
            ending |= !now;
            killed = false;
            tell();
        } else if (held && until - told >= safety.lease() / 4) {
            tell();
        }
    }

    private long lease() {
        List<Long> times = new ArrayList<>(granted.values());
        if (safety.quorum() == Safety.Quorum.MAJORITY) {
            times.add(world.now());
            times.sort(Collections.reverseOrder());
            int majority = world.servers().size() / 2 + 1;
            return times.size() < majority ? 0 : times.get(majority - 1) + safety.lease();
        }
        Long own = world.storage().get(server.name());
        long byStorage = own == null ? 0 : own + safety.lease();
        boolean all = times.size() == world.servers().size() - 1;
        return all ? Math.max(byStorage, Collections.min(times) + safety.lease()) : byStorage;
    }

    /** Answers a request of another server: only over a path that is alive for both, and not if it is withheld. */
    private boolean grants(Server other) {
        Link link = server.link(other);
        boolean network = link.alive() && world.linked(server, other);
        boolean disk = link.diskAlive() && link.beats();
        boolean heard = running && other.guard().running && (network || disk);
        if (!heard || withheld.contains(other.name())) {
            return false;
        }
        grants.put(other.name(), world.now());
        return true;
    }

    private void tell() {
        told = until;
        server.feed(
                held
                        ? new Event.RightChanged(Right.HELD, until, since, "")
                        : new Event.RightChanged(Right.LOST, 0, 0, why()));
    }

    private String why() {
        return safety.quorum() == Safety.Quorum.MAJORITY
                ? "a majority of the servers does not grant it"
                : "the shared storage cannot be reached";
    }

    /** After L + S/2 what is recorded in service is ended, with or without a manager; after L + S the watchdog bites. */
    private void end() {
        long late = world.now() - until;
        if (held || !ending) {
            return;
        }
        if (late >= safety.lossStop() / 2 && !killed) {
            killed = true;
            for (Instance instance : server.disk().instances().values()) {
                if (server.kits().real(instance.tag()) != Presence.STOPPED) {
                    server.kits().guardKill(instance.tag());
                }
            }
        }
        if (late >= safety.lossStop()) {
            ending = false;
            boolean left = server.disk().instances().keySet().stream()
                    .anyMatch(tag -> server.kits().real(tag) != Presence.STOPPED);
            if (left && world.watchdogs()) {
                server.powerOff();
            }
        }
    }

    // ---- the others

    private void lookAtOthers() {
        for (String other : grants.keySet()) {
            boolean over = world.now() > grants.get(other) + (safety.lease() + safety.lossStop()) * 101 / 100;
            if (!Boolean.valueOf(over).equals(lapsed.put(other, over))) {
                server.feed(new Event.Lapsed(other, over));
            }
            if (safety.quorum() != Safety.Quorum.MAJORITY) {
                look(other);
            }
        }
    }

    private void look(String other) {
        Fate.Word word = Fate.Word.UNKNOWN;
        if (world.reachesStorage(server)) {
            Long now = world.storage().getOrDefault(other, -1L);
            if (!now.equals(written.put(other, now)) || !changed.containsKey(other)) {
                changed.put(other, world.now());
                word = now < 0 ? Fate.Word.UNKNOWN : Fate.Word.ALIVE;
            } else if (world.now() - changed.get(other) >= STALE && lapsed.get(other)) {
                word = Fate.Word.FAILED;
            } else {
                word = words.getOrDefault(other, Fate.Word.UNKNOWN);
            }
        } else {
            changed.remove(other);
        }
        if (word != words.put(other, word)) {
            server.feed(new Event.WitnessSaid(other, word, "its object on the storage"));
        }
    }

    /** Tells a manager that has just begun how things stand. */
    void greet() {
        if (!safety.leased() || !running) {
            return;
        }
        tell();
        for (String other : grants.keySet()) {
            server.feed(new Event.Lapsed(other, lapsed.getOrDefault(other, false)));
            server.feed(new Event.Withheld(other, withheld.contains(other)));
            server.feed(new Event.WitnessSaid(other, words.getOrDefault(other, Fate.Word.UNKNOWN), ""));
        }
    }

    void withhold(String peer, boolean withhold) {
        int owner = life;
        world.after(RECORD, () -> {
            if (running && owner == life) {
                if (withhold) {
                    withheld.add(peer);
                } else {
                    withheld.remove(peer);
                }
                server.feed(new Event.Withheld(peer, withhold));
            }
        });
    }
}
