package org.mainstay.quorum.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.Cluster;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ClusterSnapshot.Peer;
import org.mainstay.cluster.ClusterSnapshot.PeerState;
import org.mainstay.cluster.EventLog;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.GuardControl;
import org.mainstay.cluster.QuorumSettings.Quorum;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.SafetyControl.SafetyNews;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.cluster.lcd.Ownership;

/** The bundle put together, with a core and a guard that do as told. */
@Timeout(180)
class QuorumNodeTest implements Cluster, EventLog {
    private static final Caller ADMIN = new Caller("root", Caller.Role.ADMINISTRATOR, "A bin");
    private static final String STORAGE = "QUORUM_MODE=storage\nWITNESS_MODE=storage\nQWK_STORAGE_TYPE=file\n"
            + "QWK_STORAGE_OBJECT_A=/mnt/q/A\nQWK_STORAGE_OBJECT_B=/mnt/q/B\n";

    private static final String ETCD =
            "QUORUM_MODE=etcd\nWITNESS_MODE=etcd\nQUORUM_ETCD_ENDPOINTS=http://10.0.0.9:2379\n";

    @TempDir
    private Path home;

    private final BlockingQueue<SafetyNews> news = new LinkedBlockingQueue<>();
    private final List<String> events = new CopyOnWriteArrayList<>();
    private final Map<Integer, ClusterEvent.Level> levels = new ConcurrentHashMap<>();
    private final List<Boolean> setups = new CopyOnWriteArrayList<>();
    private volatile boolean paths = true;
    private volatile boolean defined = true;
    private volatile String remote = "127.0.0.2";
    private volatile GuardControl.HandleResult setup = new GuardControl.HandleResult(true, "");
    private volatile boolean serves;
    private volatile boolean released = true;
    private volatile Consumer<GuardControl.GuardNews> guardNews = news -> {};
    private QuorumNode node;

    @BeforeEach
    void open() throws IOException {
        Files.createDirectories(home.resolve("etc/default"));
        if (Files.notExists(home.resolve("etc/default/LifeKeeper"))) {
            tunables("QUORUM_MODE=none\n");
        }
        node = new QuorumNode(
                new QuorumNode.Place(home, () -> System.nanoTime() / 1_000_000, Clock.systemUTC()),
                this,
                new Guard(),
                this);
        node.listen(news::add);
    }

    @AfterEach
    void close() {
        node.close();
    }

    private void tunables(String text) throws IOException {
        Files.writeString(home.resolve("etc/default/LifeKeeper"), text);
    }

    private SafetyNews.Configured configured(Quorum quorum) throws InterruptedException {
        while (true) {
            SafetyNews next = news.poll(20, TimeUnit.SECONDS);
            assertThat(next).as("news of " + quorum).isNotNull();
            if (next instanceof SafetyNews.Configured told && told.settings().quorum() == quorum) {
                return told;
            }
        }
    }

    private static Reply get(CompletionStage<Reply> reply) throws Exception {
        return reply.toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    @Test
    void whatHoldsIsToldAtOnceAndAtEachChange() throws Exception {
        assertThat(configured(Quorum.NONE).fenced()).isEmpty();
        tunables(ETCD);
        configured(Quorum.ETCD);
        Files.writeString(home.resolve("etc/fencing"), "[dog]\nserver=B\nagent=watchdog\n");
        assertThat(configured(Quorum.ETCD).fenced()).containsExactly("B");
        assertThat(node.state().fenced()).containsExactly("B");
        assertThat(node.report().servers()).hasSize(2);
        assertThat(node.quorum().servers()).extracting("name").containsExactly("A", "B");
    }

    @Test
    void anUnusableFileIsAProblemAndChangesNothing() throws Exception {
        tunables("QUORUM_MODE=majority\nWITNESS_MODE=remote_verify\n");
        while (node.state().refused().isEmpty()) {
            Thread.onSpinWait();
        }
        assertThat(node.state().settings().quorum()).isEqualTo(Quorum.NONE);
        assertThat(node.state().problems())
                .anyMatch(text -> text.contains("needs 3 or more servers, this cluster has 2")
                        && text.contains("what was configured before stays in effect"));
        assertThat(events)
                .anyMatch(text -> text.startsWith("18106 configuration reading failed: QUORUM_MODE=majority"));
    }

    private void right(GuardControl.GuardNews.Right right) {
        guardNews.accept(new GuardControl.GuardNews.Lease(right, 0, 0, ""));
    }

    @Test
    void whoMustStopWhatRunsDoesNotLeaveTheLease() throws Exception {
        tunables(STORAGE);
        assertThat(get(node.storage().initialise(ADMIN, line -> {})).succeeded())
                .isTrue();
        configured(Quorum.STORAGE);
        guardNews.accept(new GuardControl.GuardNews.Link(true));
        serves = true;
        right(GuardControl.GuardNews.Right.LOST);
        Reply bound = get(node.storage().leave(ADMIN));
        assertThat(bound.succeeded()).isFalse();
        assertThat(bound.message()).contains("no right to run db now");
        right(GuardControl.GuardNews.Right.HELD);
        assertThat(get(node.storage().leave(ADMIN)).succeeded()).isTrue();
        configured(Quorum.NONE);
        assertThat(events).noneMatch(text -> text.startsWith("20223"));

        tunables(ETCD);
        configured(Quorum.ETCD);
        right(GuardControl.GuardNews.Right.LOST);
        tunables("QUORUM_MODE=none\n");
        until(() -> node.state().refused().stream().anyMatch(text -> text.contains("no right to run db now")));
        assertThat(node.state().settings().quorum()).isEqualTo(Quorum.ETCD);
        released = false;
        serves = false;
        until(() -> node.state().refused().stream()
                .anyMatch(text -> text.contains("nobody knows whether db still runs here")
                        && text.contains("mainstay resource confirm-stopped TAG --on A")
                        && !text.contains("no right to run db")));
        released = true;
        configured(Quorum.NONE);
    }

    // covers QUO-090 QUO-094
    @Test
    void aLeaseOfBeforeTheLinkWasLostLetsNobodyLeaveIt() throws Exception {
        tunables(STORAGE);
        assertThat(get(node.storage().initialise(ADMIN, line -> {})).succeeded())
                .isTrue();
        configured(Quorum.STORAGE);
        serves = true;
        guardNews.accept(new GuardControl.GuardNews.Link(true));
        right(GuardControl.GuardNews.Right.HELD);
        assertThat(node.quorum().right()).isEqualTo("held");
        guardNews.accept(new GuardControl.GuardNews.Link(false));
        guardNews.accept(new GuardControl.GuardNews.Link(true));
        assertThat(node.quorum().right()).isEqualTo("unknown");
        assertThat(get(node.storage().leave(ADMIN)).message()).contains("no right to run db now");
        right(GuardControl.GuardNews.Right.HELD);
        assertThat(get(node.storage().leave(ADMIN)).succeeded()).isTrue();
    }

    /** Not that none holds, and not a rule in place of the guard's, until the guard says that it needs no lease. */
    @Test
    void whereNobodyKnowsTheRuleNobodyIsToldOne() throws Exception {
        configured(Quorum.NONE);
        node.close();
        serves = true;
        Files.write(home.resolve("data/quorum/settings"), new byte[64]);
        open();
        assertThat(news).noneMatch(SafetyNews.Configured.class::isInstance);
        assertThat(node.state().problems())
                .anyMatch(text -> text.contains("nobody can tell whether a lease is needed here"));
        guardNews.accept(new GuardControl.GuardNews.Link(true));
        right(GuardControl.GuardNews.Right.NONE);
        configured(Quorum.NONE);
    }

    @Test
    void whoLeavesALeaseThatItDoesNotHoldIsTold() throws Exception {
        guardNews.accept(new GuardControl.GuardNews.Link(true));
        tunables(ETCD);
        configured(Quorum.ETCD);
        right(GuardControl.GuardNews.Right.HELD);
        tunables("QUORUM_MODE=none\n");
        configured(Quorum.NONE);
        assertThat(events).noneMatch(text -> text.startsWith("20223"));
        tunables(ETCD);
        configured(Quorum.ETCD);
        right(GuardControl.GuardNews.Right.LOST);
        tunables("QUORUM_MODE=none\n");
        configured(Quorum.NONE);
        until(() -> events.stream().anyMatch(text -> text.startsWith("20223")));
        assertThat(events.stream().filter(text -> text.startsWith("20223")))
                .singleElement()
                .asString()
                .contains("QUORUM_MODE=none takes effect although this server does not hold the right to run");
    }

    /** The file is changed while no manager runs: the next one leaves a lease of which it knows nothing yet. */
    @Test
    void alsoAManagerThatFindsTheOtherModeAtItsStartTells() throws Exception {
        tunables(ETCD);
        configured(Quorum.ETCD);
        node.close();
        tunables("QUORUM_MODE=none\n");
        open();
        configured(Quorum.NONE);
        assertThat(events).anyMatch(text -> text.startsWith("20223"));
    }

    @Test
    void storageModeBeginsAndEndsByCommand() throws Exception {
        assertThat(get(node.storage().initialise(ADMIN, line -> {})).message())
                .contains("storage parameters in etc/default/LifeKeeper cannot be used");
        tunables(STORAGE);
        assertThat(get(node.storage().initialise(new Caller("x", Caller.Role.OPERATOR, "A bin"), line -> {}))
                        .exitCode())
                .isEqualTo(ExitCode.SYSTEM_ERROR);
        paths = false;
        Reply dead = get(node.storage().initialise(ADMIN, line -> {}));
        assertThat(dead.exitCode()).isEqualTo(ExitCode.NO_COMMUNICATION);
        assertThat(dead.message()).contains("B");
        paths = true;
        assertThat(get(node.storage().initialise(ADMIN, line -> {})).succeeded())
                .isTrue();
        configured(Quorum.STORAGE);
        assertThat(setups).containsExactly(true);

        setup = new GuardControl.HandleResult(false, "the object cannot be written");
        assertThat(get(node.storage().leave(ADMIN)).message()).contains("the object cannot be written");
        assertThat(node.state().settings().quorum()).isEqualTo(Quorum.STORAGE);
        setup = new GuardControl.HandleResult(true, "");
        assertThat(get(node.storage().leave(ADMIN)).succeeded()).isTrue();
        configured(Quorum.NONE);
        assertThat(setups).containsExactly(true, false, false);
        assertThat(events)
                .as("nothing is in service, and the right to run is not held either")
                .anyMatch(text -> text.startsWith("20223"));
    }

    @Test
    void ofAServerWithoutAnyCommPathNobodyWondersWhetherItRuns() throws Exception {
        tunables("QUORUM_MODE=none\nSAFETY_CHECK_PORTS=none\n");
        until(() -> node.state().settings().safety().ports().isEmpty());
        // an address of no machine, and no program that would ask it
        remote = "192.0.2.2";
        paths = false;
        until(() -> node.state().problems().stream().anyMatch(text -> text.startsWith("nobody can tell whether B")));
        defined = false;
        until(() -> node.state().problems().isEmpty());
    }

    private static void until(BooleanSupplier holds) throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!holds.getAsBoolean()) {
            assertThat(System.nanoTime()).as("it comes within a minute").isLessThan(end);
            assertThat(never.await(20, TimeUnit.MILLISECONDS)).isFalse();
        }
    }

    /** MSG-037, MSG-038: what held at the start is no change. */
    // covers MSG-037 MSG-038
    @Test
    void eachChangeOfTheRightToRunIsAMessage() {
        guardNews.accept(new GuardControl.GuardNews.Lease(GuardControl.GuardNews.Right.HELD, 1, 1, ""));
        guardNews.accept(new GuardControl.GuardNews.Lease(GuardControl.GuardNews.Right.HELD, 2, 1, ""));
        assertThat(events).noneMatch(text -> text.startsWith("1821"));
        guardNews.accept(
                new GuardControl.GuardNews.Lease(GuardControl.GuardNews.Right.LOST, 2, 0, "1 of 3 servers grants"));
        guardNews.accept(
                new GuardControl.GuardNews.Lease(GuardControl.GuardNews.Right.LOST, 2, 0, "1 of 3 servers grants"));
        guardNews.accept(new GuardControl.GuardNews.Lease(GuardControl.GuardNews.Right.HELD, 3, 3, ""));
        assertThat(events.stream().filter(text -> text.startsWith("1821")))
                .containsExactly(
                        "18212 quorum state changed to lost: 1 of 3 servers grants",
                        "18213 quorum state changed to held");
        assertThat(levels)
                .containsEntry(18212, ClusterEvent.Level.WARNING)
                .containsEntry(18213, ClusterEvent.Level.INFORMATION);
    }

    @Test
    void anAcknowledgementIsNewsOfItsOwn() throws Exception {
        Reply reply = get(node.fencing().acknowledge("B", ADMIN, ""));
        assertThat(reply.succeeded()).isTrue();
        SafetyNews next = news.poll(20, TimeUnit.SECONDS);
        while (!(next instanceof SafetyNews.FenceFinished)) {
            assertThat(next).isNotNull();
            next = news.poll(20, TimeUnit.SECONDS);
        }
        assertThat(((SafetyNews.FenceFinished) next).confirmed()).isTrue();
    }

    @Override
    public ClusterSnapshot snapshot() {
        Membership members = new Membership(
                1, List.of(new Member("A", "127.0.0.1", 1500, "aa"), new Member("B", "127.0.0.2", 1500, "bb")));
        Lcd own = Lcd.empty("A", 1)
                .with(LcdSection.MEMBERSHIP, Membership.KEY, members)
                .apply(List.of(
                        defined
                                ? LcdChange.put(
                                        LcdSection.PATHS, "p", new CommPath("p", "B", "127.0.0.1", remote, 1, 500, 6))
                                : LcdChange.remove(LcdSection.PATHS, "p")));
        if (serves) {
            own = own.with(Instance.create("db", "db", "gen", "app").withState(InstanceState.ISP, "", 1));
        } else if (!released) {
            own = own.with(Instance.create("db", "db", "gen", "app")
                    .withState(InstanceState.OSF, "", 1)
                    .withOwnership(Ownership.NONE.withReleased(false)));
        }
        Peer peer = new Peer("B", PeerState.DEAD, false, Lcd.empty("B", 1), true, Map.of(), Map.of());
        return new ClusterSnapshot(
                1,
                "A",
                ClusterSnapshot.Phase.AVAILABLE,
                own,
                Map.of("B", peer),
                defined ? Map.of("p", paths) : Map.of(),
                Map.of(),
                Map.of(),
                List.of());
    }

    @Override
    public Registration listen(Consumer<ClusterSnapshot> listener) {
        return () -> {};
    }

    @Override
    public List<ClusterEvent> recent(int most) {
        return List.of();
    }

    @Override
    public void add(int number, ClusterEvent.Level level, String tag, String text) {
        levels.put(number, level);
        events.add(number + " " + text);
    }

    @Override
    public void addOfScript(int number, ClusterEvent.Level level, String script, String text) {
        throw new AssertionError("nothing here is a script");
    }

    @Override
    public Registration follow(Consumer<ClusterEvent> listener) {
        return () -> {};
    }

    /** Answers the witness' part as told; nothing else is asked of it. */
    private final class Guard implements GuardControl {
        @Override
        public CompletionStage<HandleResult> witnessSetup(boolean initialise, Consumer<String> progress) {
            setups.add(initialise);
            return CompletableFuture.completedFuture(setup);
        }

        @Override
        public Registration listen(Consumer<GuardNews> listener) {
            guardNews = listener;
            return () -> {};
        }

        @Override
        public void paths(List<HeartbeatPath> now) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<List<HandleResult>> kill(List<String> handles) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void inService(Map<String, List<String>> handlesByTag) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<HandleResult> reservation(String verb, String area, boolean force) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void report(ManagerReport report) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<HandleResult> stopping(boolean guardToo) {
            throw new UnsupportedOperationException();
        }
    }
}
