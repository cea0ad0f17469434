package org.mainstay.guard.heartbeat;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.mainstay.guard.util.Ticker;

/**
 * The loop of {@link HeartbeatService} without thread and socket: the same detector, packets and order of things, driven by
 * whoever owns the time.
 */
public final class VirtualHeartbeats {
    private static final long LONGEST_WAIT_MILLIS = 500;
    private static final int SOCKET = 500;

    /** Carries datagrams. */
    @FunctionalInterface
    public interface Wire {
        void send(PathConfig path, byte[] bytes);
    }

    private record Datagram(String pathId, byte[] bytes) {}

    private final Ticker ticker;
    private final HeartbeatListener listener;
    private final OwnStatus own;
    private final LeaseExchange lease;
    private final Wire wire;
    private final List<PathMonitor> paths = new ArrayList<>();
    private final PeerBoard peers;
    private final Packet outgoing = new Packet();
    private final Packet incoming = new Packet();
    private final ByteBuffer bytes = ByteBuffer.allocate(Packet.LARGEST);
    private final Deque<Datagram> socket = new ArrayDeque<>();
    private boolean silent;
    private long wakeAt;
    private long now;

    public VirtualHeartbeats(
            Ticker ticker,
            HeartbeatListener listener,
            OwnStatus own,
            LeaseExchange lease,
            long instance,
            List<PathConfig> configs,
            Wire wire) {
        this.ticker = ticker;
        this.listener = listener;
        this.own = own;
        this.lease = lease;
        this.wire = wire;
        this.peers = new PeerBoard(listener);
        this.now = ticker.nanos();
        this.wakeAt = now;
        configs.forEach(config -> paths.add(new PathMonitor(config, instance, lease, now)));
    }

    public void silent(boolean value) {
        silent = value;
    }

    /** A datagram waits in the socket until the next {@link #turn}. */
    public void arrive(String pathId, byte[] datagram) {
        if (socket.size() < SOCKET) {
            socket.add(new Datagram(pathId, datagram));
        }
    }

    public void statusChanged() {
        paths.forEach(PathMonitor::hurry);
    }

    /** As {@link HeartbeatService#repeatNews}. */
    public void repeatNews() {
        for (PathMonitor path : paths) {
            if (path.state() != PathMonitor.State.PENDING) {
                tell(path);
            }
        }
        peers.all().forEach(listener::peer);
    }

    /** Returns whether a path to a peer is alive. */
    public boolean alive(String peer) {
        for (PathMonitor path : paths) {
            if (path.state() == PathMonitor.State.ALIVE && path.config().peer().equals(peer)) {
                return true;
            }
        }
        return false;
    }

    /** One round of the loop. @return in how many nanoseconds the next one is due if nothing arrives */
    public long turn() {
        if (!socket.isEmpty()) {
            drain();
        }
        now = ticker.nanos();
        long leaseWait = lease.turn();
        long lost = now - wakeAt;
        for (PathMonitor path : paths) {
            path.lostTime(lost, now);
            if (path.expired(now)) {
                tell(path);
            }
            while (path.due(now)) {
                send(path);
            }
        }
        long next = now + TimeUnit.MILLISECONDS.toNanos(Math.min(LONGEST_WAIT_MILLIS, Math.max(1, leaseWait)));
        for (PathMonitor path : paths) {
            next = Math.min(next, path.nextEvent());
        }
        wakeAt = next;
        return Math.max(0, next - now);
    }

    private void drain() {
        now = ticker.nanos();
        lease.turn();
        for (Datagram one = socket.poll(); one != null; one = socket.poll()) {
            if (!silent) {
                receive(one);
            }
        }
    }

    private void receive(Datagram datagram) {
        ByteBuffer buffer = ByteBuffer.wrap(datagram.bytes());
        for (PathMonitor path : paths) {
            if (!path.config().id().equals(datagram.pathId()) || !Packet.plausible(buffer)) {
                continue;
            }
            PathMonitor.State before = path.state();
            PathMonitor.Verdict verdict = path.receive(buffer, incoming, now);
            if (verdict == PathMonitor.Verdict.ACCEPTED) {
                if (path.state() != before) {
                    tell(path);
                }
                peers.heard(path.config(), incoming);
            }
            boolean answers = verdict == PathMonitor.Verdict.ACCEPTED || verdict == PathMonitor.Verdict.UNPROVEN;
            if (answers && path.due(now)) {
                send(path);
            }
        }
    }

    private void send(PathMonitor path) {
        own.fill(outgoing.status);
        bytes.clear();
        path.write(outgoing, bytes, now);
        bytes.flip();
        if (!silent) {
            wire.send(path.config(), Arrays.copyOf(bytes.array(), bytes.limit()));
        }
    }

    private void tell(PathMonitor path) {
        listener.path(path.config().id(), path.config().peer(), path.state() == PathMonitor.State.ALIVE);
    }
}
