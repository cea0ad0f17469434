package org.mainstay.shell.internal.snmp;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.EventLog;
import org.mainstay.cluster.Registration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends this server's main events as SNMP traps (SNMP-001); those of other servers are theirs to send. Who adds an event never waits
 * for it: settings are read and messages made on a thread of its own, and sent on one for each receiver.
 */
public final class TrapForwarder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TrapForwarder.class);
    private static final int MOST_WAITING = 1_000;
    /** The event that Mainstay is ready. */
    private static final int READY = 20100;
    /** After this time it is old news, as when this bundle is replaced. */
    private static final Duration LATELY = Duration.ofMinutes(1);

    /** How long the last traps, such as that Mainstay has stopped, have to leave. */
    private static final long LAST_MILLIS = 2_000;

    private static final long QUIET_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final long NANOS_PER_TICK = 10_000_000;

    private final Path home;
    private final Supplier<ClusterSnapshot> snapshot;
    private final TrapReceiver.Network network;
    private final Map<TrapTarget, TrapReceiver> receivers = new ConcurrentHashMap<>();
    private final AtomicLong lastDrop = new AtomicLong(System.nanoTime() - QUIET_NANOS);
    private final long started = System.nanoTime();
    private final ThreadPoolExecutor thread =
            new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MOST_WAITING), task -> {
                Thread made = new Thread(task, "mainstay-snmp");
                made.setDaemon(true);
                return made;
            });
    private final Registration following;
    /** Of the thread. */
    private String self = "";

    private List<String> said = List.of();
    private long ready;
    private int requestId = ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE);

    public TrapForwarder(EventLog log, Path home, Supplier<ClusterSnapshot> snapshot) {
        this(log, home, snapshot, TrapReceiver.Network.REAL);
    }

    TrapForwarder(EventLog log, Path home, Supplier<ClusterSnapshot> snapshot, TrapReceiver.Network network) {
        this.home = home.toAbsolutePath();
        this.snapshot = snapshot;
        this.network = network;
        this.following = log.follow(this::happened);
        thread.execute(() -> begin(log));
    }

    /** Says what is wrong with the settings. The core may have been ready before this bundle was: that is told now. */
    private void begin(EventLog log) {
        settings();
        Instant process =
                Instant.ofEpochMilli(ManagementFactory.getRuntimeMXBean().getStartTime());
        Instant lately = Clock.systemUTC().instant().minus(LATELY);
        log.recent(MOST_WAITING).stream()
                .filter(event -> event.ofProduct() && event.number() == READY)
                .filter(event -> event.at().isAfter(process) && event.at().isAfter(lately))
                .forEach(this::forward);
    }

    private void happened(ClusterEvent event) {
        if (!event.ofProduct() || !TrapTable.knows(event.number())) {
            return;
        }
        try {
            thread.execute(() -> forward(event));
        } catch (RejectedExecutionException e) {
            long last = lastDrop.get();
            long now = System.nanoTime();
            if (now - last >= QUIET_NANOS && lastDrop.compareAndSet(last, now)) {
                LOG.warn("event {} and maybe others are not sent as SNMP traps: too many wait", event.number());
            }
        }
    }

    private void forward(ClusterEvent event) {
        if (!event.server().equals(self()) || event.number() == READY && event.sequence() <= ready) {
            return;
        }
        if (event.number() == READY) {
            ready = event.sequence();
        }
        TrapSettings settings = settings();
        for (Trap trap : settings.targets().isEmpty() ? List.<Trap>of() : TrapTable.of(event)) {
            long upTime = (System.nanoTime() - started) / NANOS_PER_TICK;
            byte[] message = TrapMessage.encode(trap, settings.community(), upTime, requestId);
            requestId = requestId == Integer.MAX_VALUE ? 1 : requestId + 1;
            settings.targets().forEach(target -> receivers.get(target).send(message));
        }
    }

    /** Returns this server's name, also while the core goes away: its last words are sent, too. */
    private String self() {
        if (self.isEmpty()) {
            try {
                self = snapshot.get().self();
            } catch (IllegalStateException e) {
                LOG.debug("the core is not there", e);
            }
        }
        return self;
    }

    /** Reads the settings; says what is wrong with them when that is new. */
    private TrapSettings settings() {
        TrapSettings settings = TrapSettings.read(home);
        if (!settings.problems().equals(said)) {
            said = settings.problems();
            said.forEach(LOG::warn);
        }
        receivers.forEach((target, receiver) -> {
            if (!settings.targets().contains(target) && receivers.remove(target, receiver)) {
                receiver.close();
            }
        });
        settings.targets()
                .forEach(target ->
                        receivers.computeIfAbsent(target, one -> new TrapReceiver(one, network, System::nanoTime)));
        return settings;
    }

    /** Returns what keeps traps from being sent, one sentence each: settings as they are now, and receivers. */
    public List<String> problems() {
        TrapSettings settings = TrapSettings.read(home);
        List<String> problems = new ArrayList<>(settings.problems());
        for (TrapTarget target : settings.targets()) {
            TrapReceiver receiver = receivers.get(target);
            if (receiver != null) {
                receiver.problem().ifPresent(problems::add);
            }
        }
        return problems;
    }

    /** Lets the last traps leave, for a moment at most. */
    @Override
    public void close() {
        following.close();
        thread.shutdown();
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LAST_MILLIS);
        try {
            thread.awaitTermination(LAST_MILLIS, TimeUnit.MILLISECONDS);
            for (TrapReceiver receiver : receivers.values()) {
                receiver.finish(TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        thread.shutdownNow();
        receivers.values().forEach(TrapReceiver::close);
    }
}
