package org.mainstay.comm.internal.net;

import io.netty.channel.Channel;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.timeout.IdleStateHandler;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.net.ssl.SSLHandshakeException;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.comm.internal.identity.Certificates;
import org.mainstay.comm.internal.identity.Tls;
import org.mainstay.comm.internal.wire.Frame;
import org.mainstay.comm.internal.wire.FrameDecoder;
import org.mainstay.comm.internal.wire.FrameEncoder;
import org.mainstay.comm.internal.wire.ProtocolException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All peers. Confined to the event loop, except where a method says otherwise. */
public final class Peers {
    private static final Logger LOG = LoggerFactory.getLogger(Peers.class);
    /** Longest frame of somebody who has not said hello. */
    private static final int HELLO_LIMIT = 4096;
    /** How long the session with a removed member stays open at most, so that it still learns of its removal. */
    private static final long FAREWELL_MILLIS = 5_000;

    private final String self;
    private final String instance;
    private final Settings settings;
    private final Loop loop;
    private final Tls tls;
    private final Doorkeeper doorkeeper;
    private final SessionEvents events;
    private final Map<String, PeerLink> peers = new HashMap<>();
    private final Map<String, Boolean> alive = new HashMap<>();
    /** Paths that the guard called alive at some time since they exist. */
    private final Set<String> proved = new HashSet<>();

    /** Removed members whose session ends soon. */
    private final Set<String> leaving = new HashSet<>();

    private final Map<Channel, Runnable> strangers = new LinkedHashMap<>();
    private View view = View.EMPTY;
    private long sessionIds;
    private boolean closed;

    /**
     * @param self name of this server
     * @param seed random; distinguishes this run from others
     */
    public Peers(
            String self,
            long seed,
            Settings settings,
            Loop loop,
            Tls tls,
            Doorkeeper doorkeeper,
            SessionEvents events) {
        this.self = self;
        this.instance = Long.toHexString(seed);
        this.sessionIds = seed & (Long.MAX_VALUE >> 8);
        this.settings = settings;
        this.loop = loop;
        this.tls = tls;
        this.doorkeeper = doorkeeper;
        this.events = events;
    }

    String self() {
        return self;
    }

    String instance() {
        return instance;
    }

    Settings settings() {
        return settings;
    }

    Loop loop() {
        return loop;
    }

    SessionEvents events() {
        return events;
    }

    long epoch() {
        return view.membership().epoch();
    }

    long nextSessionId() {
        return ++sessionIds;
    }

    /** Follows a change of membership or paths. */
    public void view(View newest) {
        view = newest;
        Set<String> present = newest.paths().stream().map(CommPath::id).collect(Collectors.toUnmodifiableSet());
        alive.keySet().retainAll(present);
        proved.retainAll(present);
        boolean member = newest.membership().member(self).isPresent();
        List<String> gone = peers.keySet().stream()
                .filter(name -> !member || newest.membership().member(name).isEmpty())
                .toList();
        if (member && !closed) {
            gone.stream().filter(leaving::add).forEach(name -> loop.schedule(() -> farewell(name), FAREWELL_MILLIS));
        } else {
            gone.forEach(this::dismiss);
        }
        if (member && !closed) {
            newest.membership().members().stream()
                    .filter(other -> !other.name().equals(self))
                    .forEach(this::update);
        }
    }

    /** A removed member is told of it by the session there is, which it ends itself then; no new connection is let in. */
    private void farewell(String name) {
        leaving.remove(name);
        if (peers.containsKey(name) && view.membership().member(name).isEmpty()) {
            dismiss(name);
        }
    }

    private void dismiss(String name) {
        peers.remove(name).close(name + " is no member any more");
    }

    private void update(Member member) {
        peers.computeIfAbsent(member.name(), name -> new PeerLink(this, name))
                .update(
                        view.routes(member, alive),
                        member,
                        view.network().stream()
                                .anyMatch(path -> path.peer().equals(member.name()) && proved.contains(path.id())));
    }

    /** Follows the guard's word on a path; null: not known any more. */
    public void pathState(String path, Boolean isAlive) {
        if (isAlive == null) {
            alive.remove(path);
        } else {
            alive.put(path, isAlive);
            if (isAlive) {
                proved.add(path);
            }
        }
        view.network().stream()
                .filter(row -> row.id().equals(path))
                .findFirst()
                .flatMap(row -> view.membership().member(row.peer()))
                .filter(member -> peers.containsKey(member.name()))
                .ifPresent(member -> {
                    update(member);
                    if (Boolean.TRUE.equals(isAlive)) {
                        peers.get(member.name()).hurry();
                    }
                });
    }

    /** The guard is away: what it said of paths no longer counts. */
    public void guardAway() {
        List.copyOf(alive.keySet()).forEach(path -> pathState(path, null));
    }

    /** Follows the guard's word on whether a peer's manager runs. */
    public void manager(String peer, boolean present) {
        PeerLink link = peers.get(peer);
        if (link != null && present) {
            link.hurry();
        } else if (link != null) {
            link.managerGone();
        }
    }

    void redial(String peer) {
        PeerLink link = peers.get(peer);
        if (link != null) {
            view.membership().member(peer).ifPresent(this::update);
        }
    }

    // ---- connections

    /** Sets up a connection this side made. */
    Link dialled(Channel channel, String name, Route route) {
        Link link = new Link(channel, name, route.path(), new FrameDecoder(HELLO_LIMIT));
        link.priority = route.priority();
        pipeline(link);
        return link;
    }

    /** Sets up a connection that begins with TLS; {@code release} is called once when it is no stranger any more. */
    void accepted(Channel channel, Runnable release) {
        Link link = new Link(channel, null, null, new FrameDecoder(HELLO_LIMIT));
        strangers.put(channel, release);
        pipeline(link);
    }

    private void pipeline(Link link) {
        SslHandler handler = new SslHandler(tls.engine(link.dialled), loop.handshakes());
        handler.setHandshakeTimeout(settings.admission().toMillis(), TimeUnit.MILLISECONDS);
        long silence = settings.silence().toMillis();
        link.channel
                .pipeline()
                .addLast(
                        handler,
                        new IdleStateHandler(silence, silence / 3, 0, TimeUnit.MILLISECONDS),
                        link.decoder,
                        new FrameEncoder(),
                        new LinkHandler(link, this));
        loop.schedule(
                () -> {
                    if (link.session == null && link.channel.isOpen()) {
                        failed(link, new ProtocolException("it did not say who it is in time"));
                    }
                },
                settings.admission().toMillis());
    }

    void admitted(Link link) {
        Runnable release = strangers.remove(link.channel);
        if (release != null) {
            release.run();
        }
    }

    void encrypted(Link link) {
        try {
            SslHandler handler = link.channel.pipeline().get(SslHandler.class);
            Member member = tls.peer(handler.engine().getSession());
            X509Certificate certificate = Tls.certificate(handler.engine().getSession());
            PeerLink peer = peers.get(member.name());
            if (peer == null) {
                throw new CertificateException("'" + member.name() + "' is this server or no member");
            }
            if (link.dialled && !link.expected.equals(member.name())) {
                throw new CertificateException("'" + member.name() + "' answers where '" + link.expected + "' should");
            }
            link.peer = member.name();
            link.pin = Certificates.pin(certificate.getPublicKey());
            events.proved(certificate);
            if (link.dialled) {
                peer.greet(link);
            }
        } catch (CertificateException e) {
            failed(link, e);
        }
    }

    void frame(Link link, Frame frame) throws ProtocolException {
        PeerLink peer = link.peer == null ? null : peers.get(link.peer);
        if (peer == null) {
            throw new ProtocolException("'" + link.peer + "' is no member any more");
        }
        if (frame instanceof Frame.Data data) {
            peer.data(link, data);
        } else if (frame instanceof Frame.Ack ack) {
            peer.ack(link, ack);
        } else if (frame instanceof Frame.Ping) {
            link.send(new Frame.Pong());
        } else if (frame instanceof Frame.Hello hello) {
            if (!hello.name().equals(link.peer)) {
                throw new ProtocolException("'" + link.peer + "' calls itself '" + hello.name() + "'");
            }
            peer.hello(link, hello);
        } else if (frame instanceof Frame.Welcome welcome) {
            peer.welcome(link, welcome);
        } else if (frame instanceof Frame.Bye bye) {
            peer.bye(link, bye);
        }
    }

    void readComplete(Link link) {
        PeerSession session = link.session;
        if (session != null && session.inbox.unacknowledged()) {
            link.send(session.inbox.acknowledgement());
        }
    }

    void writable(Link link) {
        PeerSession session = link.session;
        if (session != null && session.active == link && link.channel.isWritable()) {
            pump(session);
        }
    }

    /** The connection broke a rule or broke down. */
    void failed(Link link, Throwable cause) {
        Throwable reason = reason(cause);
        if (!link.dialled && reason != null) {
            doorkeeper.refused(
                    link.remote(),
                    reason.getMessage() == null ? reason.getClass().getSimpleName() : reason.getMessage());
        }
        LOG.debug("connection with {} failed", link.remote(), cause);
        link.close();
    }

    /** Returns what the other side did wrong; null if the connection only broke. */
    private static Throwable reason(Throwable cause) {
        Throwable found = null;
        for (Throwable at = cause; at != null; at = at.getCause()) {
            if (at instanceof ProtocolException || at instanceof CertificateException) {
                return at;
            }
            if (at instanceof SSLHandshakeException || at instanceof NotSslRecordException) {
                found = at;
            }
        }
        return found;
    }

    void closed(Link link) {
        admitted(link);
        PeerLink peer = peers.get(link.dialled ? link.expected : link.peer);
        if (peer != null) {
            peer.closed(link);
        }
    }

    // ---- sessions

    /** Writes what a session has to send. Any thread. */
    public void wake(PeerSession session) {
        if (session.pumpScheduled.compareAndSet(false, true)) {
            loop.execute(() -> {
                session.pumpScheduled.set(false);
                pump(session);
            });
        }
    }

    /** Tells the peer what handlers have taken. Any thread. */
    public void taken(PeerSession session) {
        if (session.ackScheduled.compareAndSet(false, true)) {
            loop.execute(() -> {
                session.ackScheduled.set(false);
                PeerLink peer = peers.get(session.peer());
                if (peer != null) {
                    peer.acknowledge(session);
                }
            });
        }
    }

    private void pump(PeerSession session) {
        PeerLink peer = peers.get(session.peer());
        if (peer != null) {
            peer.pump(session);
        }
    }

    /** Ends all sessions and connections. */
    public void close() {
        closed = true;
        List.copyOf(peers.values()).forEach(peer -> peer.close("Mainstay stops at " + self));
        peers.clear();
        List.copyOf(strangers.keySet()).forEach(Channel::close);
    }
}
