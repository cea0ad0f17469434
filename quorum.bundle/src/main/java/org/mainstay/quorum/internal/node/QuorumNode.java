package org.mainstay.quorum.internal.node;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.mainstay.cluster.Cluster;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.EventLog;
import org.mainstay.cluster.GuardControl;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.QuorumSettings;
import org.mainstay.cluster.QuorumStatus;
import org.mainstay.cluster.QuorumStorage;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.SafetyControl.SafetyNews;
import org.mainstay.cluster.SafetyControl.Sight;
import org.mainstay.cluster.SafetyControl.State;
import org.mainstay.cluster.SafetyReport;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.quorum.internal.config.Configuration;
import org.mainstay.quorum.internal.config.Facts;
import org.mainstay.quorum.internal.fence.FencingService;
import org.mainstay.quorum.internal.report.Assessment;
import org.mainstay.quorum.internal.report.Means;
import org.mainstay.quorum.internal.sight.Lookout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Everything of this bundle put together: one thread reads the configuration, looks around and tells. Thread-safe. */
final class QuorumNode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(QuorumNode.class);
    private static final long TICK_MILLIS = 100;
    private static final long CONFIGURATION_EVERY = 1_000;
    private static final long LISTEN_SECONDS = 10;

    private final Place place;
    private final Cluster cluster;
    private final GuardControl guard;
    private final EventLog events;
    private final Configuration configuration;
    private final RightBoard board = new RightBoard();
    private final WatchdogSurety surety;
    private final FencingService fencing;
    private final Lookout lookout;
    private final StorageMode storage;
    private final Registration guardNews;
    private final List<Consumer<SafetyNews>> listeners = new CopyOnWriteArrayList<>();
    private final ScheduledExecutorService thread;
    private Registration answering = () -> {};
    private Configuration.Effective effective;
    private Set<String> fenced = Set.of();
    private long configuredAt;
    private boolean wasCutOff;
    private volatile State state;
    private volatile GuardControl.GuardNews.Right right;
    private volatile Map<String, Integer> probes = Map.of();
    private volatile boolean landmarks;

    /**
     * Where and when it is.
     *
     * @param home MAINSTAY_HOME
     * @param millis monotonic clock
     * @param wall wall clock, for display
     */
    record Place(Path home, LongSupplier millis, Clock wall) {}

    /** Reads the configuration at once, so that the first listener is told what holds. */
    QuorumNode(Place place, Cluster cluster, GuardControl guard, EventLog events) throws IOException {
        this.place = place;
        this.cluster = cluster;
        this.guard = guard;
        this.events = events;
        Path home = place.home();
        Path folder = home.resolve("data/quorum");
        configuration = new Configuration(home.resolve("etc/default/LifeKeeper"), folder);
        surety = new WatchdogSurety(board, () -> state.settings(), cluster::snapshot, place.millis());
        fencing = new FencingService(home.resolve("etc/fencing"), folder, new FencingOutside(), place.millis());
        lookout = new Lookout(home.resolve("lib/native/mainstay-net"), this::tell);
        thread = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread made = new Thread(task, "mainstay-quorum");
            made.setDaemon(true);
            return made;
        });
        storage = new StorageMode(configuration, thread, new StorageSurroundings());
        readConfiguration();
        guardNews = guard.listen(this::guardNews);
        thread.scheduleWithFixedDelay(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void guardNews(GuardControl.GuardNews news) {
        board.news(news, place.millis().getAsLong());
        if (news instanceof GuardControl.GuardNews.Lease lease) {
            rightChanged(lease);
        }
    }

    /** MSG-037, MSG-038: told at each change; what held at the start is none. */
    private void rightChanged(GuardControl.GuardNews.Lease lease) {
        GuardControl.GuardNews.Right before = right;
        right = lease.right();
        if (before == null || before == right) {
            return;
        }
        if (right == GuardControl.GuardNews.Right.LOST) {
            event(Numbers.RIGHT_LOST, Level.WARNING, "quorum state changed to lost: " + lease.reason());
        } else if (right == GuardControl.GuardNews.Right.HELD) {
            event(Numbers.RIGHT_HELD, Level.INFORMATION, "quorum state changed to held");
        }
    }

    private void event(int number, Level level, String text) {
        events.add(number, level, "", text);
    }

    /** What fencing asks of the rest. */
    private final class FencingOutside implements FencingService.Outside {
        @Override
        public ClusterSnapshot snapshot() {
            return cluster.snapshot();
        }

        @Override
        public void event(int number, Level level, String text) {
            QuorumNode.this.event(number, level, text);
        }

        @Override
        public void finished(SafetyNews.FenceFinished answer) {
            try {
                thread.execute(() -> tell(answer));
            } catch (RejectedExecutionException e) {
                LOG.debug("{} is not told any more", answer, e);
            }
        }

        @Override
        public Optional<String> reset(String server) {
            return surety.reset(server);
        }

        @Override
        public boolean fed(String server) {
            return board.fed(server);
        }

        @Override
        public long wallMillis() {
            return place.wall().millis();
        }
    }

    /** What storage mode asks of the rest. */
    private final class StorageSurroundings implements StorageMode.Surroundings {
        @Override
        public ClusterSnapshot snapshot() {
            return cluster.snapshot();
        }

        @Override
        public Facts facts() {
            return QuorumNode.this.facts();
        }

        @Override
        public GuardControl guard() {
            return guard;
        }

        @Override
        public String bound() {
            return QuorumNode.this.bound();
        }

        @Override
        public boolean held() {
            return board.held();
        }

        @Override
        public void leftWithoutRight() {
            QuorumNode.this.leftWithoutRight();
        }

        @Override
        public void refresh() {
            readConfiguration();
        }

        @Override
        public void event(int number, Level level, String text) {
            QuorumNode.this.event(number, level, text);
        }
    }

    private Facts facts() {
        ClusterSnapshot snapshot = cluster.snapshot();
        long slowest = snapshot.own().rows(LcdSection.PATHS).values().stream()
                .mapToLong(CommPath::detectionMillis)
                .max()
                .orElse(0);
        List<String> members =
                snapshot.own().membership().members().stream().map(Member::name).toList();
        return new Facts(snapshot.self(), members, slowest);
    }

    private void tick() {
        try {
            long now = place.millis().getAsLong();
            if (now - configuredAt >= CONFIGURATION_EVERY) {
                readConfiguration();
            }
            lookout.tick(cluster.snapshot(), now);
            remember();
        } catch (RuntimeException e) {
            LOG.error("INTERNAL ERROR: looking around failed", e);
        }
    }

    /** Reads both files again; on the thread, or before it runs. */
    private void readConfiguration() {
        configuredAt = place.millis().getAsLong();
        Configuration.Effective before = effective;
        Configuration.Effective now = configuration.read(facts(), bound(), board.unleased());
        fencing.refresh();
        Set<String> covered = fencing.covered();
        effective = now;
        if (before == null || !before.refused().equals(now.refused())) {
            now.refused().forEach(why -> event(Numbers.of(why), Level.ERROR, "configuration reading failed: " + why));
        }
        if (now.left() && !board.held()) {
            leftWithoutRight();
        }
        boolean other = before != null
                && (before.known() != now.known() || !before.settings().equals(now.settings()));
        boolean changed = before == null || other || !fenced.equals(covered);
        fenced = covered;
        remember();
        if (changed) {
            lookout.settings(now.settings());
            if (other && now.known()) {
                event(Numbers.IN_EFFECT, Level.INFORMATION, "quorum configuration in effect: " + words(now.settings()));
            }
            if (now.known()) {
                tell(new SafetyNews.Configured(now.settings(), covered));
            }
        }
    }

    /**
     * Returns why a lease must not be given up now: the others may wait for its end only, and what runs here would go on. Who has
     * nothing in service may do what it likes, as after everything else is lost.
     */
    private String bound() {
        return board.held() ? "" : Bound.of(cluster.snapshot());
    }

    private void leftWithoutRight() {
        event(
                Numbers.LEFT_WITHOUT_RIGHT,
                Level.WARNING,
                "QUORUM_MODE=none takes effect although this server does not hold the right to run: what it takes over, when"
                        + " the safety check does not see the others, they may run under theirs. Unless they are certainly"
                        + " down, go back to the quorum mode of before (QUORUM_MODE in etc/default/LifeKeeper; of storage"
                        + " mode also qwk_storage_init)");
    }

    private static String words(QuorumSettings settings) {
        return "quorum " + settings.quorum().name().toLowerCase(java.util.Locale.ROOT) + ", witness "
                + settings.witness().name().toLowerCase(java.util.Locale.ROOT);
    }

    private void remember() {
        probes = counts();
        landmarks = !lookout.landmarksSeen().isEmpty();
        state = new State(
                effective.settings(),
                effective.refused(),
                effective.warnings(),
                fenced,
                lookout.sights(),
                lookout.cutOff(),
                problems());
    }

    private Map<String, Integer> counts() {
        Map<String, Integer> counts = new java.util.TreeMap<>();
        lookout.counted().forEach((peer, counted) -> counts.put(peer, counted.size()));
        return counts;
    }

    private List<String> problems() {
        List<String> problems = new ArrayList<>();
        String stays = effective.known() ? "; what was configured before stays in effect" : "";
        effective.refused().forEach(why -> problems.add(why + stays));
        problems.addAll(fencing.problems());
        if (!lookout.cutOff().isEmpty()) {
            problems.add("this server is cut off and takes nothing over: " + lookout.cutOff());
        }
        boolean sightDecides = effective.settings().quorum() == QuorumSettings.Quorum.NONE;
        Set<String> connected = connected();
        lookout.sights().forEach((peer, sighted) -> {
            if (sighted.sight() == Sight.UNKNOWN && sightDecides && connected.contains(peer)) {
                problems.add("nobody can tell whether " + peer + " still runs: " + sighted.evidence()
                        + "; it counts as unseen");
            }
        });
        return problems;
    }

    /** Of others nothing can be known before they have a comm path, which the status says by itself. */
    private Set<String> connected() {
        return cluster.snapshot().own().rows(LcdSection.PATHS).values().stream()
                .map(CommPath::peer)
                .collect(java.util.stream.Collectors.toSet());
    }

    private void tell(SafetyNews news) {
        if (news instanceof SafetyNews.CutOff cutOff && cutOff.cutOff() != wasCutOff) {
            wasCutOff = cutOff.cutOff();
            event(
                    cutOff.cutOff() ? Numbers.CUT_OFF : Numbers.NOT_CUT_OFF,
                    cutOff.cutOff() ? Level.ERROR : Level.INFORMATION,
                    cutOff.cutOff()
                            ? "this server is cut off and takes nothing over: " + cutOff.reason()
                            : "this server is not cut off any more");
        }
        if (state != null) {
            remember();
        }
        for (Consumer<SafetyNews> listener : listeners) {
            tell(listener, news);
        }
    }

    private static void tell(Consumer<SafetyNews> listener, SafetyNews news) {
        try {
            listener.accept(news);
        } catch (RuntimeException e) {
            LOG.error("INTERNAL ERROR: a listener of the safety check failed", e);
        }
    }

    /** See {@link org.mainstay.cluster.SafetyControl#listen}. */
    Registration listen(Consumer<SafetyNews> listener) {
        try {
            // On the thread that tells what changes: nothing falls between what holds now and what comes next.
            CompletableFuture.runAsync(() -> begin(listener), thread)
                    .orTimeout(LISTEN_SECONDS, TimeUnit.SECONDS)
                    .join();
        } catch (RejectedExecutionException | CompletionException e) {
            LOG.warn("the safety check ends or hangs, so it tells nothing to who listens now", e);
        }
        return () -> listeners.remove(listener);
    }

    private void begin(Consumer<SafetyNews> listener) {
        State now = state;
        if (effective.known()) {
            tell(listener, new SafetyNews.Configured(now.settings(), now.fenced()));
        }
        now.sights().values().forEach(sighted -> tell(listener, sighted));
        if (lookout.cutOffKnown()) {
            tell(listener, new SafetyNews.CutOff(!lookout.cutOff().isEmpty(), lookout.cutOff()));
        }
        listeners.add(listener);
    }

    State state() {
        return state;
    }

    FencingService fencing() {
        return fencing;
    }

    QuorumStorage storage() {
        return storage;
    }

    SafetyReport report() {
        ClusterSnapshot snapshot = cluster.snapshot();
        Set<String> independent = new java.util.TreeSet<>();
        for (String peer : snapshot.peers().keySet()) {
            if (independent(snapshot, peer)) {
                independent.add(peer);
            }
        }
        return Assessment.of(
                snapshot,
                new Means(state.settings(), fencing.levels(), probes, independent, landmarks, board.linked()));
    }

    QuorumStatus quorum() {
        ClusterSnapshot snapshot = cluster.snapshot();
        State now = state;
        Optional<GuardControl.GuardNews.Lease> lease = board.lease().filter(told -> board.linked());
        String right = lease.map(told -> told.right().name().toLowerCase(java.util.Locale.ROOT))
                .orElse(board.linked() && !now.settings().leased() ? "none" : "unknown");
        List<QuorumStatus.Server> servers = new ArrayList<>();
        for (String server : snapshot.servers()) {
            ClusterSnapshot.Peer peer = snapshot.peers().get(server);
            SafetyNews.PeerSighted sighted = now.sights().get(server);
            servers.add(new QuorumStatus.Server(
                    server,
                    peer == null || peer.state() == ClusterSnapshot.PeerState.ALIVE,
                    peer == null || !now.settings().leased() ? "" : board.grant(server),
                    board.word(server)
                            .map(word -> word.word().name().toLowerCase(java.util.Locale.ROOT))
                            .orElse(""),
                    sighted == null ? "" : sighted.sight().name().toLowerCase(java.util.Locale.ROOT)));
        }
        return new QuorumStatus(
                now.settings(),
                now.refused(),
                now.warnings(),
                right,
                right.equals("lost") ? lease.map(told -> told.reason()).orElse("") : "",
                now.cutOff(),
                servers);
    }

    /** An address at which a peer is seen when all comm paths are cut. */
    private boolean independent(ClusterSnapshot snapshot, String peer) {
        Set<String> ends = new java.util.HashSet<>();
        snapshot.own().rows(LcdSection.PATHS).values().forEach(path -> ends.add(path.remote()));
        boolean member = snapshot.own()
                .membership()
                .member(peer)
                .filter(each -> !ends.contains(each.address()))
                .isPresent();
        return member
                || !state.settings()
                        .safety()
                        .addresses()
                        .getOrDefault(peer, List.of())
                        .isEmpty();
    }

    void attach(Messenger messenger) {
        surety.messenger(messenger);
        answering = messenger.handle(WatchdogSurety.TOPIC, (from, question) -> surety.answer(question));
    }

    void detach(Messenger messenger) {
        surety.messenger(null);
        answering.close();
    }

    @Override
    public void close() {
        guardNews.close();
        answering.close();
        thread.shutdownNow();
        fencing.close();
        lookout.close();
    }
}
