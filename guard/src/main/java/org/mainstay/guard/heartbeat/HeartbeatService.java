package org.mainstay.guard.heartbeat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Ticker;

/**
 * Sends and answers the heartbeats of all paths on one thread that does nothing else: no disk, no lock that anybody
 * holds for long, no garbage per packet. All methods may be called from any thread and return at once.
 */
public final class HeartbeatService implements AutoCloseable {
    private static final int PACKETS_PER_TURN = 500;
    private static final long LONGEST_WAIT_MILLIS = 500;

    /** A path as {@code status} shows it. */
    public record View(PathConfig config, String state, long silentMillis, String trouble) {}

    private final Ticker ticker;
    private final Log log;
    private final HeartbeatListener listener;
    private final OwnStatus own;
    private final long instance;
    private final LeaseExchange lease;
    private final DiskStorage storage;
    private final Selector selector;
    private final Thread thread;
    private final ConcurrentLinkedQueue<Runnable> commands = new ConcurrentLinkedQueue<>();
    private volatile boolean closed;
    private volatile boolean silent;
    private volatile long turnedAt;

    // owned by the thread
    private final Map<InetSocketAddress, Endpoint> endpoints = new HashMap<>();
    private final List<Endpoint> endpointList = new ArrayList<>();
    private final List<PathMonitor> paths = new ArrayList<>();
    private final Map<String, DiskWay> disks = new HashMap<>();
    private final List<PathMonitor> diskPaths = new ArrayList<>();
    private final Map<String, String> troubles = new HashMap<>();
    private final PeerBoard peers;
    private final ForeignPackets foreign;
    private final Packet outgoing = new Packet();
    private final Packet incoming = new Packet();
    private final ByteBuffer outBytes = ByteBuffer.allocateDirect(Packet.LARGEST);
    private final ByteBuffer inBytes = ByteBuffer.allocateDirect(Packet.LARGEST + 1);
    private final Consumer<SelectionKey> readyKey = key -> drain((Endpoint) key.attachment());
    private long now;
    private long leaseWaitMillis;

    /**
     * @param lease what heartbeats ask for and grant
     * @param storage opens shared disks
     * @param instance random id of this run of the guard, not 0
     * @throws IOException if this machine gives no selector
     */
    public HeartbeatService(
            Ticker ticker,
            Log log,
            HeartbeatListener listener,
            OwnStatus own,
            LeaseExchange lease,
            DiskStorage storage,
            long instance)
            throws IOException {
        this.ticker = ticker;
        this.log = log;
        this.listener = listener;
        this.own = own;
        this.lease = lease;
        this.storage = storage;
        this.instance = instance;
        this.peers = new PeerBoard(listener);
        this.foreign = new ForeignPackets(log::warn);
        this.selector = Selector.open();
        this.thread = new Thread(this::run, "guard-heartbeats");
        thread.setPriority(Thread.MAX_PRIORITY);
    }

    public void start() {
        thread.start();
    }

    /** Replaces the paths; those whose ends did not change go on undisturbed. */
    public void paths(List<PathConfig> wanted) {
        List<PathConfig> copy = List.copyOf(wanted);
        submit(() -> replace(copy));
    }

    /** Tells all peers at once that what {@link OwnStatus} says has changed. */
    public void statusChanged() {
        submit(() -> paths.forEach(PathMonitor::hurry));
    }

    /** Tells the listener the present state of every path and peer again. */
    public void repeatNews() {
        submit(() -> {
            for (PathMonitor path : paths) {
                if (path.state() != PathMonitor.State.PENDING) {
                    tell(path);
                }
            }
            peers.all().forEach(listener::peer);
        });
    }

    /** Returns all paths as they are. */
    public CompletableFuture<List<View>> views() {
        CompletableFuture<List<View>> result = new CompletableFuture<>();
        submit(() -> {
            List<View> views = new ArrayList<>();
            for (PathMonitor path : paths) {
                DiskWay disk = disks.get(path.config().id());
                String trouble =
                        disk == null ? troubles.getOrDefault(path.config().id(), "") : disk.trouble();
                views.add(new View(path.config(), path.state().name(), path.silentMillis(ticker.nanos()), trouble));
            }
            result.complete(views);
        });
        return result;
    }

    /** While silent nothing is sent, and what comes in is not heard (QUO-061). */
    public void silent(boolean now) {
        silent = now;
        selector.wakeup();
    }

    /** Returns for how long the heartbeat thread has not turned; it turns at least every half second while it works. */
    public long stillMillis() {
        return TimeUnit.NANOSECONDS.toMillis(ticker.nanos() - turnedAt);
    }

    /** Returns how many packets were dropped because they are no heartbeats of this cluster. */
    public long foreignPackets() {
        return foreign.total();
    }

    private void submit(Runnable command) {
        commands.add(command);
        selector.wakeup();
    }

    @Override
    public void close() throws InterruptedException {
        closed = true;
        selector.wakeup();
        thread.join(TimeUnit.SECONDS.toMillis(2));
    }

    private void run() {
        now = ticker.nanos();
        turnedAt = now;
        long wakeAt = now;
        while (!closed) {
            try {
                long waited = Math.max(0, TimeUnit.NANOSECONDS.toMillis(wakeAt - ticker.nanos() + 999_999));
                if (waited == 0) {
                    selector.selectNow(readyKey);
                } else {
                    selector.select(readyKey, waited);
                }
                turn(wakeAt);
            } catch (IOException | RuntimeException e) {
                // Heartbeats go on whatever one packet or address does.
                log.error("heartbeat turn failed", e);
            }
            wakeAt = nextEvent();
        }
        lastWords();
        endpointList.forEach(Endpoint::close);
        disks.values().forEach(DiskWay::close);
        try {
            selector.close();
        } catch (IOException e) {
            log.warn("closing the heartbeat selector: " + e.getMessage());
        }
    }

    /** The others keep for ever what was said last, as whether the watchdog is fed. */
    private void lastWords() {
        try {
            paths.forEach(PathMonitor::hurry);
            turn(ticker.nanos());
        } catch (RuntimeException e) {
            log.error("the last heartbeats failed", e);
        }
    }

    private void turn(long wakeAt) {
        now = ticker.nanos();
        turnedAt = now;
        leaseWaitMillis = lease.turn();
        // The wait was to end at wakeAt at the latest. If it is much later, this process did not run; what the peers
        // sent
        // meanwhile was read just now, before anybody is declared dead.
        long lost = now - wakeAt;
        for (Runnable command = commands.poll(); command != null; command = commands.poll()) {
            command.run();
        }
        for (int i = 0; i < endpointList.size(); i++) {
            Endpoint endpoint = endpointList.get(i);
            if (!endpoint.open() && now - endpoint.retryAt() >= 0) {
                notice(endpoint.bind(selector, now));
            }
            for (int p = 0; p < endpoint.paths.size(); p++) {
                serve(endpoint, endpoint.paths.get(p), lost);
            }
        }
        for (int p = 0; p < diskPaths.size(); p++) {
            serve(disks.get(diskPaths.get(p).config().id()), diskPaths.get(p), lost);
        }
    }

    private void serve(Way way, PathMonitor path, long lost) {
        path.lostTime(lost, now);
        if (path.expired(now)) {
            tell(path);
        }
        while (path.due(now)) {
            send(way, path);
        }
    }

    private void send(Way way, PathMonitor path) {
        own.fill(outgoing.status);
        outBytes.clear();
        path.write(outgoing, outBytes, now);
        outBytes.flip();
        if (silent) {
            return;
        }
        String failure = way.send(outBytes, path.config());
        String known = troubles.get(path.config().id());
        if (failure != null && known == null) {
            log.warn(path.config() + ": heartbeats cannot be sent: " + failure);
            troubles.put(path.config().id(), failure);
        } else if (failure == null && known != null) {
            troubles.remove(path.config().id());
        }
    }

    private void drain(Endpoint endpoint) {
        now = ticker.nanos();
        // After a pause what the lease's end demands comes first; what is in the queue was sent before it.
        lease.turn();
        for (int i = 0; i < PACKETS_PER_TURN; i++) {
            InetSocketAddress from = endpoint.receive(inBytes);
            if (from == null) {
                return;
            }
            if (!silent) {
                receive(endpoint, from);
            }
        }
    }

    private void receive(Endpoint endpoint, InetSocketAddress from) {
        if (!Packet.plausible(inBytes)) {
            foreign.dropped(from.getAddress(), "malformed", now);
            return;
        }
        PathMonitor path = find(endpoint, Packet.pathOf(inBytes));
        if (path == null || !path.config().remote().getAddress().equals(from.getAddress())) {
            foreign.dropped(from.getAddress(), "foreign", now);
            return;
        }
        switch (take(endpoint, path)) {
            case FORGED -> foreign.dropped(from.getAddress(), "forged", now);
            case REPLAYED -> foreign.dropped(from.getAddress(), "repeated", now);
            default -> {
                // heard
            }
        }
    }

    private PathMonitor.Verdict take(Way way, PathMonitor path) {
        PathMonitor.State before = path.state();
        PathMonitor.Verdict verdict = path.receive(inBytes, incoming, now);
        boolean accepted = verdict == PathMonitor.Verdict.ACCEPTED;
        if (accepted && path.state() != before) {
            tell(path);
        }
        if (accepted) {
            peers.heard(path.config(), incoming);
        }
        if ((accepted || verdict == PathMonitor.Verdict.UNPROVEN) && path.due(now)) {
            send(way, path);
        }
        return verdict;
    }

    /** What a slot holds: often something old, as after a restart; only what does not fit is said. */
    private void receive(PathMonitor path, ByteBuffer packet) {
        DiskWay way = disks.get(path.config().id());
        if (silent || way == null || !paths.contains(path)) {
            return;
        }
        now = ticker.nanos();
        lease.turn();
        inBytes.clear();
        if (packet.remaining() > Packet.LARGEST) {
            return;
        }
        inBytes.put(packet).flip();
        boolean fits = Packet.plausible(inBytes) && Packet.pathOf(inBytes) == path.wireId();
        if (!fits || take(way, path) == PathMonitor.Verdict.FORGED) {
            foreign.dropped(path.config().disk().device(), "foreign", now);
        }
    }

    private DiskWay disk(PathMonitor path) {
        PathConfig config = path.config();
        return new DiskWay(path, storage, ticker, log, new DiskWay.Receiver() {
            @Override
            public void received(ByteBuffer packet) {
                submit(() -> receive(path, packet));
            }

            @Override
            public void trouble(String text) {
                submit(() -> notice(
                        text.isEmpty()
                                ? "heartbeats to " + config.peer() + " over the shared disk "
                                        + config.disk().device() + " can be written and read again"
                                : "no heartbeats to " + config.peer() + " over the shared disk "
                                        + config.disk().device() + ": " + text));
            }
        });
    }

    private static PathMonitor find(Endpoint endpoint, long wireId) {
        for (int i = 0; i < endpoint.paths.size(); i++) {
            if (endpoint.paths.get(i).wireId() == wireId) {
                return endpoint.paths.get(i);
            }
        }
        return null;
    }

    private long nextEvent() {
        long time = ticker.nanos();
        long next = time + TimeUnit.MILLISECONDS.toNanos(Math.min(LONGEST_WAIT_MILLIS, Math.max(1, leaseWaitMillis)));
        for (int i = 0; i < endpointList.size(); i++) {
            Endpoint endpoint = endpointList.get(i);
            next = endpoint.open() ? next : earlier(next, endpoint.retryAt());
            for (int p = 0; p < endpoint.paths.size(); p++) {
                next = earlier(next, endpoint.paths.get(p).nextEvent());
            }
        }
        for (int p = 0; p < diskPaths.size(); p++) {
            next = earlier(next, diskPaths.get(p).nextEvent());
        }
        return next;
    }

    private static long earlier(long one, long other) {
        return one - other < 0 ? one : other;
    }

    private void replace(List<PathConfig> wanted) {
        Map<String, PathMonitor> old = new HashMap<>();
        paths.forEach(path -> old.put(path.config().id(), path));
        paths.clear();
        endpointList.forEach(endpoint -> endpoint.paths.clear());
        Set<String> names = new HashSet<>();
        for (PathConfig config : wanted) {
            PathMonitor path = old.get(config.id());
            if (path != null && path.config().sameRoute(config)) {
                path.reconfigure(config, now);
            } else {
                path = new PathMonitor(config, instance, lease, now);
                log.info("serving " + config + " every " + config.intervalMillis() + " ms, dead after "
                        + config.misses() + " misses");
            }
            paths.add(path);
            names.add(config.peer());
            if (config.disk() == null) {
                endpoint(config.local()).paths.add(path);
            }
        }
        replaceDisks();
        troubles.clear();
        peers.keep(names);
        endpointList.removeIf(endpoint -> {
            if (endpoint.paths.isEmpty()) {
                endpoint.close();
            }
            return endpoint.paths.isEmpty();
        });
        endpoints.values().retainAll(endpointList);
    }

    /** A path that goes on keeps its disk; with other timing it is opened anew. */
    private void replaceDisks() {
        Map<String, DiskWay> old = new HashMap<>(disks);
        disks.clear();
        diskPaths.clear();
        for (PathMonitor path : paths) {
            if (path.config().disk() != null) {
                DiskWay way = old.get(path.config().id());
                boolean stays = way != null && way.serves(path);
                disks.put(path.config().id(), stays ? old.remove(path.config().id()) : disk(path));
                diskPaths.add(path);
            }
        }
        old.values().forEach(DiskWay::close);
    }

    private Endpoint endpoint(InetSocketAddress local) {
        return endpoints.computeIfAbsent(local, address -> {
            Endpoint fresh = new Endpoint(address, now);
            endpointList.add(fresh);
            return fresh;
        });
    }

    private void tell(PathMonitor path) {
        boolean alive = path.state() == PathMonitor.State.ALIVE;
        DiskWay disk = disks.get(path.config().id());
        String why = alive || disk == null || disk.trouble().isEmpty() ? "" : ": " + disk.trouble();
        log.info(path.config() + " is " + (alive ? "alive" : "dead" + why));
        listener.path(path.config().id(), path.config().peer(), alive);
    }

    private void notice(String text) {
        if (text != null) {
            log.warn(text);
            listener.notice(text);
        }
    }
}
