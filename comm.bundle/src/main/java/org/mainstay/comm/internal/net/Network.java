package org.mainstay.comm.internal.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.security.SecureRandom;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import org.mainstay.cluster.GuardControl.GuardNews;
import org.mainstay.comm.internal.identity.Identity;
import org.mainstay.comm.internal.identity.PeerTrust;
import org.mainstay.comm.internal.identity.Tls;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Listening and connecting of one server, from outside the event loop. Thread-safe. */
public final class Network implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Network.class);

    private final String self;
    private final Loop loop;
    private final Peers peers;
    private final Listeners listeners;
    private volatile View view = View.EMPTY;
    private volatile BiPredicate<Channel, ByteBuf> joins = (channel, first) -> false;

    /** Starts with nobody to talk to, until {@link #view}. */
    public Network(Identity identity, Settings settings, Loop loop, SessionEvents events) {
        this.self = identity.name();
        this.loop = loop;
        PeerTrust trust = new PeerTrust(identity.authority(), () -> view.membership());
        Doorkeeper doorkeeper =
                new Doorkeeper(settings.strangers(), settings.strangersPerSource(), System::nanoTime, LOG::warn);
        peers = new Peers(
                self, new SecureRandom().nextLong(), settings, loop, new Tls(identity, trust), doorkeeper, events);
        listeners = new Listeners(
                loop,
                channel -> FrontDoor.open(channel, peers, doorkeeper, (joining, first) -> joins.test(joining, first)));
    }

    /** Follows membership and paths. Removed members are refused from this moment. */
    public void view(View newest) {
        view = newest;
        loop.execute(() -> {
            listeners.listen(newest.listening(self));
            peers.view(newest);
        });
    }

    /** Returns the newest view. */
    public View view() {
        return view;
    }

    /** Follows the guard. */
    public void guard(GuardNews news) {
        loop.execute(() -> {
            if (news instanceof GuardNews.Link link) {
                if (!link.up()) {
                    peers.guardAway();
                }
            } else if (news instanceof GuardNews.PathState path) {
                peers.pathState(path.pathId(), path.alive());
            } else if (news instanceof GuardNews.PeerInfo info) {
                peers.manager(info.peer(), info.managerPresent());
            }
        });
    }

    /** Sets who takes over connections that want to join: gets the channel and its first bytes, says whether it takes them. */
    public void joins(BiPredicate<Channel, ByteBuf> door) {
        joins = door;
    }

    /** Writes what a session has to send. */
    public void wake(PeerSession session) {
        peers.wake(session);
    }

    /** Tells the peer what handlers have taken. */
    public void taken(PeerSession session) {
        peers.taken(session);
    }

    /** Ends all sessions and stops listening; the loop goes on. */
    @Override
    public void close() {
        CountDownLatch done = new CountDownLatch(1);
        loop.execute(() -> {
            listeners.listen(Set.of());
            peers.close();
            done.countDown();
        });
        try {
            if (!done.await(5, TimeUnit.SECONDS)) {
                LOG.warn("the event loop of comm does not answer");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
