package org.mainstay.comm.internal.net;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.comm.internal.dispatch.Correlations;
import org.mainstay.comm.internal.dispatch.SerialExecutor;
import org.mainstay.comm.internal.identity.PeerTrust;
import org.mainstay.comm.internal.session.Incoming;
import org.mainstay.comm.internal.wire.Frame;
import org.mainstay.comm.internal.wire.FrameCodec;
import org.mainstay.comm.internal.wire.ProtocolException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All connections to one peer and the session they carry. Confined to the event loop. */
final class PeerLink {
    private static final Logger LOG = LoggerFactory.getLogger(PeerLink.class);

    private final Peers owner;
    private final String name;
    private final Dialler dialler;
    private Map<String, Route> routes = Map.of();
    /** Whether there are comm paths, at least one has been alive, and all are dead. */
    private boolean cutOff;

    private PeerSession session;
    /** Instance and number of the newest session the peer proposed: older proposals are stale. */
    private String lastInstance = "";

    private long lastNumber;
    private long proposals;
    /** Path that carried messages last, for the log. */
    private String carrier = "";

    PeerLink(Peers owner, String name) {
        this.owner = owner;
        this.name = name;
        // One side of each pair dials, so that two connections never cross.
        this.dialler = owner.self().compareTo(name) < 0 ? new Dialler(owner, name) : null;
    }

    /**
     * Takes the present routes; connects, closes and moves as they demand.
     *
     * @param proved whether one of the comm paths has been alive: from then on the member address stands in for none that dies
     */
    void update(List<Route> present, Member member, boolean proved) {
        Map<String, Route> now = new HashMap<>();
        present.forEach(route -> now.put(route.path(), route));
        routes = now;
        boolean allDead = !now.isEmpty() && now.values().stream().allMatch(Route::dead);
        cutOff = allDead && proved;
        for (Link link : links()) {
            Route route = now.get(link.path);
            boolean bootstrap = link.path.equals(Route.BOOTSTRAP);
            boolean dead = route == null ? !bootstrap || cutOff : route.dead();
            if (dead || !PeerTrust.pinned(member, link.pin)) {
                detach(link, "the path is dead or removed, or the key changed");
                link.close();
            } else if (route != null) {
                link.priority = route.priority();
            }
        }
        if (session != null) {
            choose();
            if (session.links.isEmpty() && allDead) {
                end("all comm paths are dead");
            }
        }
        redial();
    }

    private List<Link> links() {
        return session == null ? List.of() : List.copyOf(session.links);
    }

    /** Connects now where connections are missing, whatever pause there was. */
    void hurry() {
        if (dialler != null) {
            dialler.hurry();
            redial();
        }
    }

    private void redial() {
        if (dialler != null) {
            dialler.dial(
                    routes.values(), links().stream().map(link -> link.path).toList());
        }
    }

    /** The peer's manager is gone, says its guard: what has no connection will not come back. */
    void managerGone() {
        if (session != null && session.links.isEmpty()) {
            end("Mainstay does not run there");
        }
    }

    /** Ends everything. */
    void close(String reason) {
        if (dialler != null) {
            dialler.close();
        }
        for (Link link : links()) {
            link.send(new Frame.Bye(reason));
        }
        end(reason);
    }

    // ---- dialling side

    /** A dialled connection is encrypted: propose or resume. */
    void greet(Link link) {
        if (session == null) {
            session = newSession(owner.instance(), ++proposals);
        }
        link.proposed = session;
        link.greeted = true;
        link.send(new Frame.Hello(
                List.of(FrameCodec.VERSION, FrameCodec.VERSION),
                owner.self(),
                link.path,
                owner.instance(),
                session.number,
                session.confirmed,
                session.inbox.received(),
                owner.epoch()));
    }

    void welcome(Link link, Frame.Welcome welcome) throws ProtocolException {
        if (!link.dialled || link.session != null) {
            throw new ProtocolException("a welcome out of turn");
        }
        link.answered = true;
        switch (welcome.status()) {
            case REFUSED -> {
                LOG.debug("{} refused a connection: {}", name, welcome.reason());
                link.close();
            }
            case GONE -> {
                // It knows nothing of the session proposed, or of one that was open until now.
                if (link.proposed == session) {
                    end("the session ended at " + name);
                }
                greet(link);
            }
            case OK -> {
                Route route = routes.get(link.path);
                if (welcome.version() != FrameCodec.VERSION) {
                    throw new ProtocolException("a welcome in a version never offered");
                }
                boolean bootstrap = link.path.equals(Route.BOOTSTRAP);
                boolean unusable = bootstrap ? cutOff : route == null || route.dead();
                if (unusable || session == null || link.proposed != session) {
                    link.close(); // things changed meanwhile: dialled again if still wanted
                    return;
                }
                boolean first = !session.confirmed;
                session.confirmed = true;
                attach(link, welcome.received());
                if (first) {
                    opened();
                }
                dialler.succeeded(link.path);
                dropBootstrap();
            }
        }
    }

    private void dropBootstrap() {
        boolean path = links().stream().anyMatch(link -> !link.path.equals(Route.BOOTSTRAP));
        for (Link link : links()) {
            if (path && link.path.equals(Route.BOOTSTRAP)) {
                detach(link, "a comm path took over");
                link.close();
            }
        }
    }

    // ---- accepting side

    void hello(Link link, Frame.Hello hello) throws ProtocolException {
        if (link.dialled || link.session != null) {
            throw new ProtocolException("a hello out of turn");
        }
        if (dialler != null) {
            throw new ProtocolException("the server whose name sorts first must dial");
        }
        String obstacle = obstacle(link, hello);
        if (!obstacle.isEmpty()) {
            refuse(link, obstacle);
            return;
        }
        link.path = hello.path();
        Route route = routes.get(hello.path());
        link.priority = route == null ? Route.BOOTSTRAP_PRIORITY : route.priority();
        boolean same =
                session != null && session.instance.equals(hello.instance()) && session.number == hello.session();
        if (!same) {
            boolean stale = hello.instance().equals(lastInstance) && hello.session() <= lastNumber;
            if (hello.resume() || stale) {
                link.send(new Frame.Welcome(FrameCodec.VERSION, Frame.Welcome.Status.GONE, "", 0, owner.epoch()));
                return;
            }
            end("a new one begins: " + name + " started again or lost all connections");
            lastInstance = hello.instance();
            lastNumber = hello.session();
            session = newSession(hello.instance(), hello.session());
            session.confirmed = true;
        }
        link.greeted = true;
        link.send(new Frame.Welcome(
                FrameCodec.VERSION, Frame.Welcome.Status.OK, "", session.inbox.received(), owner.epoch()));
        attach(link, hello.received());
        if (!same) {
            opened();
        }
    }

    private String obstacle(Link link, Frame.Hello hello) {
        if (hello.versions().get(0) > FrameCodec.VERSION || hello.versions().get(1) < FrameCodec.VERSION) {
            return "no common version: here " + FrameCodec.VERSION + ", there " + hello.versions();
        }
        if (hello.path().equals(Route.BOOTSTRAP)) {
            return cutOff ? "all comm paths are dead here" : "";
        }
        Route route = routes.get(hello.path());
        if (route == null) {
            return "no such comm path here";
        }
        if (route.dead()) {
            return "the comm path is dead here";
        }
        return Objects.equals(route.local(), link.local()) ? "" : "the connection is not on this comm path's address";
    }

    private void refuse(Link link, String reason) {
        LOG.debug("connection of {} refused: {}", name, reason);
        link.send(new Frame.Welcome(FrameCodec.VERSION, Frame.Welcome.Status.REFUSED, reason, 0, owner.epoch()));
        link.close();
    }

    // ---- both sides

    private PeerSession newSession(String instance, long number) {
        Correlations requests = new Correlations(new SerialExecutor(owner.loop().handlers()));
        return new PeerSession(
                name, owner.nextSessionId(), instance, number, owner.settings().limits(), requests);
    }

    private void opened() {
        LOG.info("session with {} began", name);
        owner.events().opened(session);
        pump(session);
    }

    private void attach(Link link, long receivedThere) throws ProtocolException {
        for (Link old : links()) {
            if (old.path.equals(link.path)) {
                detach(old, "replaced by a new connection");
                old.close();
            }
        }
        session.outbox().acknowledged(receivedThere);
        link.session = session;
        link.decoder.limit(FrameCodec.MAX_BODY);
        session.links.add(link);
        owner.admitted(link);
        if (session.graceEnd != null) {
            session.graceEnd.cancel(false);
            session.graceEnd = null;
        }
        LOG.debug("connected with {} over the {}", name, link);
        choose();
    }

    private void detach(Link link, String reason) {
        PeerSession carried = link.session;
        link.session = null;
        if (carried == null || !carried.links.remove(link)) {
            return;
        }
        LOG.debug("the {} no longer carries the session: {}", link, reason);
        if (carried.links.isEmpty()) {
            carried.active = null;
            long millis = owner.settings().grace().toMillis();
            carried.graceEnd = owner.loop()
                    .schedule(
                            () -> {
                                if (session == carried && carried.links.isEmpty()) {
                                    end("no connection for " + millis + " ms");
                                    redial();
                                }
                            },
                            millis);
        } else {
            choose();
        }
    }

    /** Lets the best connection carry the session. */
    private void choose() {
        Link best = session.links.stream()
                .min(Comparator.comparingInt((Link link) -> link.priority).thenComparing(link -> link.path))
                .orElse(null);
        if (best != null && best != session.active) {
            session.active = best;
            if (!carrier.isEmpty() && !carrier.equals(best.path)) {
                LOG.info("messages to {} go over the {} now", name, best);
            }
            carrier = best.path;
            // The last word on what was taken may have been lost with the connection before; nothing would bring it
            // again.
            best.send(session.inbox.acknowledgement());
            session.outbox().rewind();
            pump(session);
        }
    }

    /** Writes what may be written now. */
    void pump(PeerSession wanted) {
        Link link = wanted.active;
        if (wanted != session || link == null || !wanted.confirmed) {
            return;
        }
        boolean written = false;
        while (link.channel.isWritable()) {
            Frame.Data data = wanted.outbox().next();
            if (data == null) {
                break;
            }
            link.channel.write(data, link.channel.voidPromise());
            written = true;
        }
        if (written) {
            link.channel.flush();
        }
    }

    void data(Link link, Frame.Data data) throws ProtocolException {
        PeerSession carried = link.session;
        if (carried == null) {
            return; // from a connection that was given up
        }
        Incoming message = carried.inbox.accept(data).orElse(null);
        if (message == null) {
            return;
        }
        switch (message.head().kind()) {
            case ANSWER, FAILURE -> {
                carried.inbox.consumed(message);
                carried.requests().answered(message);
            }
            case MESSAGE, REQUEST -> owner.events().arrived(carried, message);
        }
    }

    void ack(Link link, Frame.Ack ack) throws ProtocolException {
        if (link.session == null) {
            return;
        }
        link.session.outbox().acknowledged(ack.received());
        for (Frame.Consumed lane : ack.consumed()) {
            link.session.outbox().consumed(lane.lane(), lane.total());
        }
        pump(link.session);
    }

    void acknowledge(PeerSession wanted) {
        if (wanted == session && wanted.active != null) {
            wanted.active.send(wanted.inbox.acknowledgement());
        }
    }

    void bye(Link link, Frame.Bye bye) {
        if (link.session != null) {
            end(name + " ended it: " + bye.reason());
        }
        link.close();
    }

    void closed(Link link) {
        detach(link, "connection closed");
        if (dialler != null) {
            if (link.dialled) {
                dialler.closed(link);
            }
            redial();
        }
    }

    private void end(String reason) {
        PeerSession over = session;
        session = null;
        if (over == null) {
            return;
        }
        over.outbox().close();
        over.requests().failAll("the session with " + name + " ended: " + reason);
        for (Link link : new ArrayList<>(over.links)) {
            link.session = null;
            link.close();
        }
        over.links.clear();
        over.active = null;
        if (over.graceEnd != null) {
            over.graceEnd.cancel(false);
        }
        if (over.inbound() != null) {
            LOG.info("session with {} ended: {}", name, reason);
            owner.events().ended(over, reason);
        }
        carrier = "";
        owner.loop().schedule(this::redial, 50);
    }
}
