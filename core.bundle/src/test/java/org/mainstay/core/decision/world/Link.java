package org.mainstay.core.decision.world;

import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.message.CoreMessage;

/** One direction of the connection of two servers: what {@code from} notices of {@code to}. */
final class Link {
    private static final long DELAY = 2;
    private static final long CONNECT = 20;

    private final World world;
    private final Server from;
    private final Server to;
    private boolean alive;
    private boolean changing;
    private boolean diskAlive;
    private boolean diskChanging;
    private long session;
    private long lastDelivery;
    /** Whether something was sent while the link was cut: such a session ends, it never goes on with a gap. */
    private boolean gap;

    Link(World world, Server from, Server to) {
        this.world = world;
        this.from = from;
        this.to = to;
    }

    boolean alive() {
        return alive;
    }

    /** Returns whether the other one is heard over the shared disk. */
    boolean diskAlive() {
        return diskAlive;
    }

    boolean beats() {
        return from.online() && to.online() && world.beats(from, to);
    }

    private void refreshDisk() {
        if (beats() == diskAlive || diskChanging) {
            return;
        }
        diskChanging = true;
        boolean wanted = beats();
        world.after(wanted ? world.about(CONNECT) : world.about(from.detection()), () -> {
            diskChanging = false;
            if (from.online() && beats() == wanted && diskAlive != wanted) {
                diskAlive = wanted;
                from.guardSeesDisk(to, wanted);
            } else {
                refreshDisk();
            }
        });
    }

    private boolean reachable() {
        return from.online() && to.online() && world.linked(from, to);
    }

    private boolean talking() {
        return reachable() && from.managerUp() && to.managerUp() && alive && to.link(from).alive;
    }

    /** Looks whether the path or the session changes. */
    void refresh() {
        if (!from.online()) {
            alive = false;
            diskAlive = false;
            session = 0;
            return;
        }
        refreshDisk();
        if (reachable() != alive && !changing) {
            changing = true;
            boolean wanted = reachable();
            long wait = wanted ? world.about(CONNECT) : world.about(from.detection());
            world.after(wait, () -> {
                changing = false;
                if (from.online() && reachable() == wanted && alive != wanted) {
                    alive = wanted;
                    from.guardSees(to, wanted);
                    world.connect();
                } else {
                    refresh();
                }
            });
        }
        sessions();
    }

    private void sessions() {
        Link back = to.link(from);
        boolean open = session != 0;
        if (open && (back.session != session || gap && world.linked(from, to))) {
            close();
            return;
        }
        if (!talking()) {
            if (open && (from.managerUp() && !to.managerUp() && to.powered() || !alive || !from.managerUp())) {
                close();
            }
            return;
        }
        if (session == 0 && back.session == 0 && from.name().compareTo(to.name()) < 0) {
            long id = world.now() * 1000 + world.random().nextInt(1000) + 1;
            session = id;
            back.session = id;
            lastDelivery = world.now();
            back.lastDelivery = world.now();
            long first = world.about(CONNECT);
            deliver(id, first, new Event.SessionOpened(to.name(), id));
            back.deliver(id, world.about(CONNECT), new Event.SessionOpened(from.name(), id));
        }
    }

    private void close() {
        long old = session;
        session = 0;
        gap = false;
        if (from.managerUp()) {
            int run = from.run();
            world.after(world.about(DELAY), () -> {
                if (from.managerUp() && from.run() == run && (session == 0 || session != old)) {
                    from.feed(new Event.SessionClosed(to.name()));
                    world.connect();
                }
            });
        }
    }

    /** Feeds an event to {@code from} within its session. */
    private void deliver(long id, long delay, Event event) {
        long at = Math.max(world.now() + delay, lastDelivery + 1);
        lastDelivery = at;
        int run = from.run();
        world.after(at - world.now(), () -> {
            if (session == id && from.managerUp() && from.run() == run) {
                from.feed(event);
            }
        });
    }

    /** Sends a message to {@code to}. @param within the session it was decided in */
    void send(long within, CoreMessage message) {
        Link back = to.link(from);
        if (within != session) {
            return;
        }
        if (session != 0 && back.session == session && !world.linked(from, to)) {
            gap = true;
        } else if (session != 0 && back.session == session) {
            back.deliver(session, world.about(DELAY), new Event.MessageReceived(from.name(), message));
        }
    }

    /** Tells {@code from} what the other guard says. */
    void heartbeat() {
        if (!(reachable() && alive) && !(beats() && diskAlive)) {
            return;
        }
        Event.PeerInfo info = to.heartbeat();
        world.after(world.about(DELAY), () -> {
            if (from.online() && (alive || diskAlive)) {
                from.guardHears(info);
            }
        });
    }
}
