package org.mainstay.sim;

import java.util.ArrayDeque;
import java.util.Deque;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.message.CoreMessage;

/**
 * The message session of two managers: what is sent arrives once and in order until it ends; it waits while no path works and
 * is lost with the session. Each side notices the end at its own time: who is left behind first gets what was on its way.
 */
final class Session {
    private static final long CONNECT = 30;
    private static final long RETRY = 100;
    /** A connection on which nothing comes for so long is given up; pings go out at a third of it. */
    private static final long SILENCE = 6_000;

    private static final int SLOW = 2_500;

    private record Parcel(long readyAt, Event event) {}

    /** What one side knows and is owed. */
    private static final class End {
        private final Machine owner;
        private boolean open;
        /** The other side has ended it: what is on its way comes, then the end. */
        private boolean ending;
        /** The machine's boot in which it was opened. */
        private int boot;

        /** Nothing comes out of the network here until then. */
        private long stalledUntil;
        /** What is sent here until then takes long. */
        private long slowUntil;

        private final Deque<Parcel> inbound = new ArrayDeque<>();
        private boolean pumping;

        End(Machine owner) {
            this.owner = owner;
        }
    }

    private final Cluster cluster;
    private final End one;
    private final End other;
    private long id;
    private boolean opening;

    Session(Cluster cluster, Machine one, Machine other) {
        this.cluster = cluster;
        this.one = new End(one);
        this.other = new End(other);
    }

    private boolean wanted(End end, End peer) {
        return end.owner.manager().up() && end.owner.manager().reaches(peer.owner.name());
    }

    /** Looks whether the session begins or ends. */
    void refresh() {
        boolean up = cluster.network().up(one.owner, other.owner);
        look(one, other, up);
        look(other, one, up);
        if (!one.open && !other.open && !opening && can()) {
            opening = true;
            cluster.clock().after(cluster.about(CONNECT), this::begin);
        }
    }

    private void look(End end, End peer, boolean up) {
        if (!end.open) {
            return;
        }
        if (!wanted(end, peer)) {
            close(end);
        } else if (!peer.open && up && !end.ending) {
            end.ending = true;
            if (lost(end, peer)) {
                end.inbound.clear();
            }
            pump(end, id);
            endIfDrained(end);
        }
    }

    /** A machine without power sends nothing again: what was on the wire may still come, what waited for a path does not. */
    private boolean lost(End end, End peer) {
        if (peer.owner.boot() == peer.boot || end.inbound.isEmpty()) {
            return false;
        }
        return end.inbound.peek().readyAt() < cluster.now() || cluster.chance(0.5);
    }

    private void endIfDrained(End end) {
        if (end.open && end.ending && end.inbound.isEmpty()) {
            close(end);
        }
    }

    private void begin() {
        opening = false;
        if (one.open || other.open) {
            return;
        }
        if (can()) {
            id++;
            open(one, other);
            open(other, one);
        }
    }

    private boolean can() {
        return cluster.network().up(one.owner, other.owner)
                && wanted(one, other)
                && wanted(other, one)
                && !stalled(one)
                && !stalled(other);
    }

    // ---- a network that carries heartbeats, and streams badly

    private boolean stalled(End end) {
        return cluster.now() < end.stalledUntil;
    }

    private End towards(Machine machine) {
        return machine == one.owner ? one : other;
    }

    /** Nothing that is sent arrives at one side for a while; then all of it does, unless that side has given up meanwhile. */
    void stall(Machine to, long millis) {
        End end = towards(to);
        end.stalledUntil = Math.max(end.stalledUntil, cluster.now() + millis);
        long during = id;
        cluster.clock().after(SILENCE - cluster.random((int) SILENCE / 3), () -> {
            if (end.open && id == during && stalled(end)) {
                close(end);
            }
        });
        cluster.clock().after(millis, this::refresh);
    }

    /** What is sent to one side takes long for a while, but comes in order. */
    void slow(Machine to, long millis) {
        End end = towards(to);
        end.slowUntil = Math.max(end.slowUntil, cluster.now() + millis);
    }

    /** Returns whether messages to a machine stall, or are slow. */
    String state(Machine to) {
        End end = towards(to);
        return stalled(end) ? "stalled" : cluster.now() < end.slowUntil ? "slow" : "";
    }

    private void open(End end, End peer) {
        end.open = true;
        end.ending = false;
        end.boot = end.owner.boot();
        end.inbound.clear();
        enqueue(end, cluster.about(CONNECT), new Event.SessionOpened(peer.owner.name(), id));
    }

    private void close(End end) {
        end.open = false;
        end.inbound.clear();
        String peer = (end == one ? other : one).owner.name();
        end.owner.manager().post(new Event.SessionClosed(peer));
        cluster.clock().after(1, this::refresh);
    }

    /** @param session the one it belongs to, as its sender was told */
    void send(Machine from, long session, CoreMessage message) {
        End sender = from == one.owner ? one : other;
        End receiver = sender == one ? other : one;
        if (session == id && sender.open && receiver.open) {
            enqueue(receiver, cluster.about(2), new Event.MessageReceived(from.name(), message));
        }
    }

    private void enqueue(End end, long delay, Event event) {
        long late = cluster.now() < end.slowUntil ? cluster.random(SLOW) : 0;
        end.inbound.add(new Parcel(cluster.now() + delay + late, event));
        pump(end, id);
    }

    private void pump(End end, long session) {
        if (end.pumping || end.inbound.isEmpty()) {
            return;
        }
        end.pumping = true;
        long wait = Math.max(0, end.inbound.peek().readyAt() - cluster.now());
        cluster.clock().after(wait, () -> deliver(end, session));
    }

    private void deliver(End end, long session) {
        end.pumping = false;
        if (!end.open || id != session) {
            pump(end, id);
            return;
        }
        if (!cluster.network().up(one.owner, other.owner)) {
            end.pumping = true;
            cluster.clock().after(RETRY, () -> deliver(end, session));
            return;
        }
        if (stalled(end)) {
            end.pumping = true;
            cluster.clock().after(end.stalledUntil - cluster.now(), () -> deliver(end, session));
            return;
        }
        Parcel parcel = end.inbound.peek();
        if (parcel != null && parcel.readyAt() <= cluster.now()) {
            end.inbound.remove();
            end.owner.manager().post(parcel.event());
        }
        pump(end, session);
        endIfDrained(end);
    }
}
