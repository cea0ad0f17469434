package org.mainstay.core.internal.node;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.mainstay.cluster.Cluster;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.EventLog;
import org.mainstay.cluster.GuardControl;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.SafetyControl;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.decision.state.Safety;
import org.mainstay.core.decision.state.Settings;
import org.mainstay.core.internal.event.Events;
import org.mainstay.core.internal.host.HostFactory;
import org.mainstay.core.internal.lcd.LcdCodec;
import org.mainstay.core.internal.run.ActionRunner;
import org.mainstay.core.internal.run.Handles;
import org.mainstay.core.internal.run.KitNews;
import org.mainstay.core.internal.run.KitRegistry;
import org.mainstay.core.internal.run.Monitors;
import org.mainstay.core.internal.run.Threads;
import org.mainstay.core.internal.run.Workers;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.RecoveryKit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One server's manager, put together without any framework: loop, workers, monitors, event log, the way to guard and peers.
 *
 * <p>{@link #start} begins; {@link #drain} and {@link #close} end it without touching what is in service (I4): what was begun and
 * is not finished stays journaled and is repeated after the next start.
 */
public final class NodeRuntime implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeRuntime.class);
    private static final int WORKERS = 200;
    /** Workers for removes and probes, whatever else hangs. */
    private static final int RESERVED_WORKERS = 50;

    private static final long SECOND = 1_000;
    private static final int KIT_NEWS = 20162;

    private final NodeConfig config;
    private final HostFactory hosts;
    private final KitRegistry kits;
    private final ScheduledThreadPoolExecutor timer;
    private final ExecutorService listeners = Executors.newSingleThreadExecutor(Threads.named("mainstay-listeners"));
    private final ExecutorService replies = Executors.newCachedThreadPool(Threads.named("mainstay-replies"));
    private final Workers workers = new Workers(WORKERS, RESERVED_WORKERS);
    private final PeerViews views = new PeerViews();
    private final ActionRunner runner;
    private final Actions actions;
    private final Monitors monitors;
    private final Timers timers;
    private final Events events;
    private final PendingRequests requests;
    private final PeerLinks links;
    private final Publisher publisher;
    private final GuardFeed guard;
    private final SafetyFeed safetyFeed;
    private final Loop loop;
    private final List<Registration> registrations = new ArrayList<>();
    private final Optional<Repairing> repairing;
    private final Foundation base;
    private CoreState initial;
    private Settings settings;
    private final Handles handles;
    private volatile Safety safety = Safety.NONE;
    /** Whether {@link #safety} is what quorum.bundle says; true only together with it. */
    private volatile boolean safetyKnown;

    private final LeaseRule rule;
    /** Whether a lease is taken for needed as long as nobody can say that none is. */
    private boolean assumed;

    private ScheduledFuture<?> kitDeadline;
    private boolean started;
    private boolean closed;

    /** What a runtime is built on; all of it outlives the runtime and is closed by whoever made it. */
    public record Foundation(
            Lcd own,
            Map<String, Lcd> copies,
            Database database,
            LcdCodec codec,
            Loop.Decider decider,
            GuardControl guard,
            HostFactory hosts,
            Optional<Repair> repair,
            LastResort lastResort) {}

    public NodeRuntime(NodeConfig config, Foundation base, KitRegistry kits) {
        this.config = config;
        this.base = base;
        this.hosts = base.hosts();
        this.kits = kits;
        this.initial = CoreState.initial(base.own(), base.copies());
        this.rule = new LeaseRule(config.tunables(), config.data().resolve("quorum/settings"));
        this.settings = CoreSettings.read(config.tunables(), safety);
        this.timer = new ScheduledThreadPoolExecutor(2, Threads.named("mainstay-timer"));
        timer.setRemoveOnCancelPolicy(true);
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        this.handles = new Handles(e -> base.lastResort()
                .end("this process has no file handles left; it can neither look at nor stop anything", e));
        this.runner = new ActionRunner(workers, kits, base.hosts(), config.tunables(), handles);
        this.links = new PeerLinks(base.codec().polymorphic(CoreMessage.class), this::post, timer);
        Path eventFile = config.data().resolve("log/events.jsonl");
        this.events = new Events(
                base.own().server(), eventFile, config.clock(), payload -> links.broadcast(Events.TOPIC, payload));
        this.requests = new PendingRequests(this::post, replies);
        this.safetyFeed = new SafetyFeed(base.guard(), timer, this::post, this::configured);
        this.guard = new GuardFeed(base.guard(), safetyFeed, this::post, events, this::display);
        this.publisher = new Publisher(initial, listeners, views, this::problems);
        this.timers = new Timers(timer, this::fired);
        this.monitors = new Monitors(runner, timer, config.random(), this::checked);
        this.actions = new Actions(runner::run, kits, timer, config.kitWait(), guard::linked, this::post, this::told);
        NodeEdge edge = new NodeEdge(
                initial,
                new NodeEdge.Parts(
                        runner, actions, monitors, timers, links, requests, publisher, guard, safetyFeed, events),
                this::post);
        this.loop = new Loop(base.decider(), base.database(), edge, config.clock(), base.lastResort());
        links.handle(Events.TOPIC, this::eventReceived);
        links.handle(PeerViews.TOPIC, this::viewReceived);
        links.handle(Repairing.TOPIC, (from, payload) -> CompletableFuture.completedFuture(copyOf(from)));
        this.repairing = base.repair().map(repair -> repairing(repair, base));
        links.watch(this::session);
    }

    /** Begins, as soon as the kits of all recorded resources are there, at the latest after the kit wait. */
    public synchronized void start() {
        registrations.add(kits.listen(this::kitNews));
        registrations.add(publisher.listen(this::tellPeersAtOnce));
        guard.start(initial.own());
        timer.scheduleWithFixedDelay(
                Threads.kept("the work of each second", this::everySecond), SECOND, SECOND, TimeUnit.MILLISECONDS);
        if (!startIfReady()) {
            LOG.info("waiting for the kits of recorded resources");
            kitDeadline = timer.schedule(this::startNow, config.kitWait().toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private Repairing repairing(Repair repair, Foundation damaged) {
        Set<String> others = damaged.own().membership().members().stream()
                .map(member -> member.name())
                .filter(name -> !name.equals(damaged.own().server()))
                .collect(Collectors.toSet());
        return new Repairing(repair, others, links, damaged.codec(), timer, own -> {
            synchronized (this) {
                initial = CoreState.initial(own, repair.peers());
                publisher.entered(initial);
            }
            startIfReady();
        });
    }

    private byte[] copyOf(String server) {
        ClusterSnapshot.Peer peer = publisher.snapshot().peers().get(server);
        boolean known = peer != null && peer.lcd().version() > 0;
        return known ? LcdCodec.utf8(base.codec().encode(peer.lcd())) : new byte[0];
    }

    private boolean damaged() {
        return repairing.isPresent() && !repairing.get().finished();
    }

    /** Returns whether it has begun. */
    synchronized boolean startIfReady() {
        boolean ready = initial.own().instances().values().stream()
                .map(Instance::typeKey)
                .distinct()
                .allMatch(key -> !kits.named(key).isEmpty());
        if (ready && (safetyKnown || !leased())) {
            startNow();
        }
        return started;
    }

    /** Returns whether a quorum may be in effect, whatever it is: then nothing starts before it is known which. */
    private boolean leased() {
        return !rule.why().isEmpty();
    }

    /** The safety settings in effect changed. */
    private void configured(Safety newest) {
        synchronized (this) {
            safety = newest;
            safetyKnown = true;
            assumed = false;
            readSettings();
        }
        startIfReady();
    }

    private void readSettings() {
        Settings now = CoreSettings.read(config.tunables(), safety);
        if (!now.equals(settings)) {
            settings = now;
            if (started) {
                post(new Event.SettingsChanged(now));
            }
        }
    }

    /** Uses the safety control from now on. */
    public void attach(SafetyControl control) {
        safetyFeed.attach(control);
    }

    /** The safety control goes; its settings stay in effect. */
    public void detach(SafetyControl control) {
        safetyFeed.detach(control);
    }

    private synchronized void startNow() {
        if (started || closed || damaged()) {
            return;
        }
        String why = rule.why();
        if (!safetyKnown && !why.isEmpty()) {
            LOG.error(
                    "{}, and nobody says how a quorum is configured: nothing is started without the right to run", why);
            assumed = true;
            safety = Safety.NONE.withQuorum(Safety.Quorum.MAJORITY, Safety.Witness.REMOTE_VERIFY);
            readSettings();
        }
        started = true;
        if (kitDeadline != null) {
            kitDeadline.cancel(false);
        }
        Set<String> keys = kits.all().stream().map(kit -> kit.key()).collect(Collectors.toSet());
        loop.start(initial, new Event.Started(config.bootId(), settings, keys));
    }

    /** The parts that Administration works with. */
    public record Access(
            KitRegistry kits,
            ActionRunner runner,
            PendingRequests requests,
            PeerLinks links,
            Cluster cluster,
            HostFactory hosts,
            NodeConfig config,
            GuardControl guard) {}

    /** Returns what Administration works with; messages of its topic are registered there before {@link #attach}. */
    public Access access() {
        return new Access(kits, runner, requests, links, publisher, hosts, config, base.guard());
    }

    public Cluster cluster() {
        return publisher;
    }

    public EventLog eventLog() {
        return events;
    }

    /** Uses the messenger from now on. */
    public void attach(Messenger messenger) {
        links.attach(messenger);
    }

    /** The messenger goes: every session is over. */
    public void detach(Messenger messenger) {
        links.detach(messenger);
    }

    /** A kit service appeared. */
    public void kitAdded(RecoveryKit kit) {
        kits.add(kit);
    }

    /** A kit service goes: waits for its running actions for {@code UPDATE_DRAIN_SECS}, then interrupts them. */
    public void kitRemoved(RecoveryKit kit) {
        kits.remove(kit);
        try {
            runner.kitGone(kit, drainTime());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Duration drainTime() {
        return Duration.ofSeconds(config.tunables().number("UPDATE_DRAIN_SECS", 10, 0));
    }

    /** First step of replacing the core at run time: nothing new is begun, what runs may end within {@code UPDATE_DRAIN_SECS}. */
    public void drain() {
        actions.drain();
        monitors.close();
        try {
            if (!workers.drain(drainTime())) {
                LOG.warn("actions still run after {}; they are cut short and repeated by the next start", drainTime());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends all threads. What is in service stays so. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        actions.drain();
        registrations.forEach(Registration::close);
        guard.stop();
        monitors.close();
        timers.cancelAll();
        workers.close();
        loop.close();
        links.detach(null);
        requests.close();
        timer.shutdownNow();
        events.close();
        listeners.shutdownNow();
        replies.shutdownNow();
    }

    private void post(Event event) {
        loop.post(event);
    }

    private void fired(Timers.Fired fired) {
        loop.postIf(() -> timers.take(fired) ? Optional.of(new Event.TimerFired(fired.id())) : Optional.empty());
    }

    private void checked(Instance instance, boolean deep, Outcome outcome) {
        publisher.checked(instance.tag(), config.clock().millis());
        if (!outcome.succeeded()) {
            post(new Event.CheckFailed(instance.tag(), deep ? "deepCheck" : "quickCheck", outcome.message()));
        }
    }

    private void told(String tag, String requestId, String text) {
        publisher.progress(tag, text);
        if (!requestId.isEmpty()) {
            requests.progress(requestId, text);
        }
    }

    private void kitNews(KitNews news) {
        String key = news.application() + "/" + news.type();
        ClusterEvent.Level level = news.what() == KitNews.What.APPEARED || news.what() == KitNews.What.REPLACED
                ? ClusterEvent.Level.INFORMATION
                : ClusterEvent.Level.WARNING;
        events.add(KIT_NEWS, level, "", news.text());
        if (news.what() == KitNews.What.APPEARED) {
            synchronized (this) {
                if (!started) {
                    startIfReady();
                    return;
                }
            }
            post(new Event.KitAppeared(key));
        } else if (news.what() == KitNews.What.GONE) {
            synchronized (this) {
                if (!started) {
                    // It would be taken after the kits there are at the start, also if this one is back by then.
                    return;
                }
            }
            post(new Event.KitGone(key));
        }
    }

    private void session(String peer, boolean open) {
        if (open) {
            synchronized (views) {
                // Or what changes meanwhile is sent before, and everything as it was replaces it there.
                links.sendTo(peer, PeerViews.TOPIC, views.all());
            }
            repairing.ifPresent(one -> one.reached(peer));
        } else {
            views.forget(peer);
        }
    }

    private java.util.concurrent.CompletionStage<byte[]> eventReceived(String from, byte[] payload) {
        try {
            events.received(from, payload);
        } catch (IllegalArgumentException e) {
            LOG.warn("an event from {} is dropped: {}", from, e.getMessage());
        }
        return CompletableFuture.completedFuture(new byte[0]);
    }

    private java.util.concurrent.CompletionStage<byte[]> viewReceived(String from, byte[] payload) {
        if (views.received(from, payload)) {
            display();
        }
        return CompletableFuture.completedFuture(new byte[0]);
    }

    private void display() {
        publisher.publish();
    }

    private List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (!guard.linked()) {
            problems.add("the guard of this server does not answer: heartbeats may have stopped");
        }
        if (loop != null && loop.commitAgeMillis() > SECOND) {
            problems.add("the disk of the configuration database does not answer: a change has waited for "
                    + TimeUnit.MILLISECONDS.toSeconds(loop.commitAgeMillis()) + " s");
        }
        if (started && leased() && !safetyKnown) {
            problems.add("QUORUM_MODE is set, but quorum.bundle does not run: nothing is started on this server");
        }
        problems.addAll(safetyFeed.problems());
        hosts.limitation().ifPresent(problems::add);
        if (base.repair().isPresent() && (repairing == null || damaged())) {
            problems.add(base.repair().get().sentence());
        }
        return problems;
    }

    /** Somebody may be waiting for a path or watching an operation; times of checks can wait a second. */
    private void tellPeersAtOnce(ClusterSnapshot snapshot) {
        if (views.urgent(snapshot.activities(), snapshot.paths())) {
            tellPeers(snapshot);
        }
    }

    private void tellPeers(ClusterSnapshot snapshot) {
        synchronized (views) {
            byte[] news = views.update(snapshot.checkedAt(), snapshot.activities(), snapshot.paths());
            if (news.length > 0) {
                links.broadcast(PeerViews.TOPIC, news);
            }
        }
    }

    private void everySecond() {
        tellPeers(publisher.snapshot());
        synchronized (this) {
            if (assumed && !leased()) {
                assumed = false;
                safety = Safety.NONE;
            }
            readSettings();
        }
        publisher.refresh();
        handles.look();
    }
}
