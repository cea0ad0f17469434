package org.mainstay.comm.internal.net;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.mainstay.comm.internal.dispatch.Correlations;
import org.mainstay.comm.internal.dispatch.Inbound;
import org.mainstay.comm.internal.session.Inbox;
import org.mainstay.comm.internal.session.Incoming;
import org.mainstay.comm.internal.session.Limits;
import org.mainstay.comm.internal.session.Outbox;

/** A session with a peer. Fields without a remark are confined to the event loop. */
public final class PeerSession {
    private final String peer;
    private final long id;
    /** Thread-safe. */
    private final Outbox outbox;

    private final Correlations requests;
    final Inbox inbox;
    /** Instance of the dialling side that proposed it. */
    final String instance;

    final long number;
    final AtomicBoolean pumpScheduled = new AtomicBoolean();
    final AtomicBoolean ackScheduled = new AtomicBoolean();
    final List<Link> links = new ArrayList<>();
    Link active;
    private Inbound inbound;
    /** Whether the peer agreed to it; always on the accepting side. */
    boolean confirmed;

    ScheduledFuture<?> graceEnd;

    /** @param id distinguishes sessions on this server */
    PeerSession(String peer, long id, String instance, long number, Limits limits, Correlations requests) {
        this.peer = peer;
        this.id = id;
        this.instance = instance;
        this.number = number;
        this.outbox = new Outbox(limits);
        this.inbox = new Inbox(limits);
        this.requests = requests;
    }

    /** Returns the other server. */
    public String peer() {
        return peer;
    }

    /** Returns what distinguishes it from other sessions. */
    public long id() {
        return id;
    }

    /** Returns where its messages go; null before it began. Event loop only. */
    public Inbound inbound() {
        return inbound;
    }

    /** Sets where its messages go. Event loop only. */
    public void inbound(Inbound destination) {
        inbound = destination;
    }

    /** Notes that a handler has taken a message. Any thread. */
    public void taken(Incoming message) {
        inbox.consumed(message);
    }

    /** Returns what is to be sent. */
    public Outbox outbox() {
        return outbox;
    }

    /** Returns what waits for answers. */
    public Correlations requests() {
        return requests;
    }
}
