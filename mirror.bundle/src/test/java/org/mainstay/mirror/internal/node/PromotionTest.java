package org.mainstay.mirror.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.mirror.internal.engine.EngineLink;
import org.mainstay.mirror.internal.engine.FakeEngine;
import org.mainstay.mirror.internal.volume.MirrorPort;
import org.mainstay.mirror.internal.volume.Mirrored;

/** Who may be source (I6): server A has to decide, B is the other side. */
class PromotionTest {
    private static final String SOURCE =
            "\"role\":\"NONE\",\"lastRole\":\"SOURCE\",\"consistent\":true,\"generation\":\"7\",";

    @TempDir
    private Path home;

    private FakeEngine engine;
    private String sideOfB = "";
    /** Empty: there is no server C. */
    private String sideOfC = "";

    private boolean leased;
    private boolean tiedToC;
    private long epoch;
    /** By which ownership B had it in service when it was heard last; 0: it had not. */
    private long served;

    private Promotion promotion;

    @BeforeEach
    void start() throws Exception {
        Files.createDirectories(home.resolve("data/mirror"));
        engine = new FakeEngine(home.resolve("data/mirror/control.sock"));
        Desk desk = new Desk(home, new EngineLink(home.resolve("data/mirror/control.sock")), () -> 20_000);
        Dialogue dialogue = new Dialogue(desk, this::snapshot, Runnable::run, (tag, force) -> {
            throw new AssertionError("nobody asked for that");
        });
        dialogue.messenger(new Peers());
        promotion = new Promotion(desk, dialogue, this::snapshot, () -> leased);
    }

    @AfterEach
    void stop() throws Exception {
        engine.close();
    }

    private static Lcd lcd(String server) {
        Map<String, String> properties = Map.of(
                "device", "/dev/" + server, "mount", "/srv/data", "mirror", "10.0.0.1:1501", "mirror-volume", "v");
        return Lcd.empty(server, 1)
                .with(Instance.create("data", "/srv/data", "filesys", "volume").withProperties(properties, "1"));
    }

    private Lcd own() {
        Instance data = lcd("A").instances().get("data");
        Lcd lcd = lcd("A").with(data.withOwnership(data.ownership().withEpoch(epoch, "A")));
        return tiedToC
                ? lcd.with(LcdSection.EQUIVALENCIES, "C", new Equivalency("C", "data", "A", "data", 1, 10))
                : lcd;
    }

    private Lcd ofB() {
        Instance data = lcd("B").instances().get("data");
        return served == 0
                ? lcd("B")
                : lcd("B").with(data.withOwnership(data.ownership().withEpoch(served, "B"))
                        .withState(InstanceState.ISP, "", 0));
    }

    private ClusterSnapshot snapshot() {
        Map<String, ClusterSnapshot.Peer> peers = new TreeMap<>(Map.of("B", peer("B", ofB())));
        if (!sideOfC.isEmpty()) {
            peers.put("C", peer("C", lcd("C")));
        }
        return new ClusterSnapshot(
                1, "A", ClusterSnapshot.Phase.AVAILABLE, own(), peers, Map.of(), Map.of(), Map.of(), List.of());
    }

    private static ClusterSnapshot.Peer peer(String server, Lcd lcd) {
        return new ClusterSnapshot.Peer(server, ClusterSnapshot.PeerState.ALIVE, true, lcd, true, Map.of(), Map.of());
    }

    /** Answers for the other servers, or does not. */
    private final class Peers implements Messenger {
        @Override
        public boolean send(String peer, String topic, byte[] payload) {
            return false;
        }

        @Override
        public boolean send(String peer, long session, String topic, byte[] payload) {
            return false;
        }

        @Override
        public CompletionStage<byte[]> request(String peer, String topic, byte[] payload, Duration limit) {
            String side = peer.equals("B") ? sideOfB : sideOfC;
            return side.isEmpty()
                    ? CompletableFuture.failedFuture(new NoCommunicationException("no session with " + peer))
                    : CompletableFuture.completedFuture(("{\"side\":{" + side + "}}").getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public Registration handle(String topic, Handler handler) {
            return () -> {};
        }

        @Override
        public Registration sessions(Consumer<Session> listener) {
            return () -> {};
        }
    }

    private MirrorPort.Source ask() throws Exception {
        Mirrored volume = Volumes.in(lcd("A")).get(0);
        return promotion.source(volume);
    }

    private void own(String more) {
        engine.volume("v", SOURCE + "\"epoch\":5," + more + ",\"configured\":{\"B\":\"10.0.0.1:1501 sync\"}");
    }

    private List<String> roles() {
        return engine.commands.stream()
                .filter(line -> line.startsWith("source"))
                .toList();
    }

    @Test
    void whoWasSourceAndIsAheadGoesOnAlone() throws Exception {
        leased = true;
        own("\"ahead\":true");
        MirrorPort.Source answer = ask();
        assertThat(answer.outcome().message()).isEqualTo("source of data");
        assertThat(answer.export()).isEqualTo("v@5");
        assertThat(roles()).containsExactly("source v 5 own");
    }

    @Test
    void whoWasInStepAsksAndRefusesIfTheOtherWroteSince() throws Exception {
        own("\"ahead\":false");
        sideOfB = "\"name\":\"v\",\"role\":\"NONE\",\"lastRole\":\"SOURCE\",\"epoch\":6,\"generation\":\"9\"";
        assertThat(ask().outcome().message())
                .contains("may be old: B has written since")
                .contains("mainstay mirror force");
        sideOfB = "\"name\":\"v\",\"role\":\"TARGET\",\"lastRole\":\"TARGET\",\"epoch\":5,\"generation\":\"7\"";
        assertThat(ask().export()).isEqualTo("v@5");
        assertThat(roles()).hasSize(1);
    }

    @Test
    void whereTheOtherCannotBeAskedOnlyAClusterWithoutARightToRunGoesOn() throws Exception {
        own("\"ahead\":false");
        leased = true;
        assertThat(ask().outcome().message()).contains("cannot be asked whether it has been in service since");
        assertThat(roles()).isEmpty();
        leased = false;
        assertThat(ask().export()).isEqualTo("v@5");
    }

    /** Both ran; this side has stopped for the other's later ownership, is no target yet, and the other one dies. */
    // covers SPLIT-006
    @Test
    void whoWasSeenToServeLaterIsNotReplacedByOlderDataWhenItCannotBeAsked() throws Exception {
        served = 6;
        for (boolean ahead : new boolean[] {true, false}) {
            own("\"ahead\":" + ahead);
            assertThat(ask().outcome().message())
                    .contains("may be old: B has had it in service since (ownership 6, here 5) and cannot be asked")
                    .contains("mainstay mirror force");
        }
        assertThat(roles()).isEmpty();
        served = 5;
        assertThat(ask().export()).as("that was before").isEqualTo("v@5");
    }

    /** B took over, with C as its target, and is lost; this side never heard of it, and C was restarted since. */
    @Test
    void whoWasTargetInALaterOwnershipSaysThatAnotherHasBeenSourceSince() throws Exception {
        for (boolean ahead : new boolean[] {true, false}) {
            own("\"ahead\":" + ahead);
            for (String role : new String[] {"NONE", "TARGET"}) {
                sideOfC = "\"name\":\"v\",\"role\":\"" + role
                        + "\",\"lastRole\":\"TARGET\",\"epoch\":6,\"generation\":\"9\",\"source\":\"B\"";
                assertThat(ask().outcome().message())
                        .contains("may be old: C has been target in a later ownership (6, here 5)")
                        .contains("mainstay mirror force");
            }
        }
        assertThat(roles()).isEmpty();
        sideOfC = sideOfC.replace("\"source\":\"B\"", "\"source\":\"A\"");
        assertThat(ask().export()).as("it is this side's own target").isEqualTo("v@5");
        sideOfC = sideOfC.replace("\"epoch\":6", "\"epoch\":5").replace("\"source\":\"A\"", "\"source\":\"\"");
        assertThat(ask().export()).as("that was this ownership").isEqualTo("v@5");
    }

    /** A stop that failed left it a source; meanwhile the other one was started. */
    @Test
    void whoStillIsSourceOfAnOlderEpochIsJudgedAsAnyOther() throws Exception {
        epoch = 7;
        engine.volume(
                "v",
                "\"role\":\"SOURCE\",\"lastRole\":\"SOURCE\",\"consistent\":true,\"generation\":\"7\",\"epoch\":5,"
                        + "\"ahead\":true,\"configured\":{\"B\":\"10.0.0.1:1501 sync\"}");
        sideOfB = "\"name\":\"v\",\"role\":\"NONE\",\"lastRole\":\"SOURCE\",\"epoch\":6,\"generation\":\"9\"";
        assertThat(ask().outcome().message()).contains("may be old: B has written since");
        assertThat(roles()).isEmpty();
        epoch = 5;
        assertThat(ask().export()).as("the same ownership goes on").isEqualTo("v@5");
    }

    @Test
    void anEmptySideIsNoSourceWhereAnotherHasData() throws Exception {
        engine.volume(
                "v",
                "\"role\":\"NONE\",\"lastRole\":\"NONE\",\"consistent\":true,\"generation\":\"0\",\"epoch\":0,"
                        + "\"configured\":{\"B\":\"10.0.0.1:1501 sync\"}");
        assertThat(ask().outcome().message()).contains("holds no data of the volume yet, and B cannot be asked");
        sideOfB = "\"name\":\"v\",\"role\":\"TARGET\",\"lastRole\":\"TARGET\",\"epoch\":5,\"generation\":\"7\"";
        assertThat(ask().outcome().message()).contains("B does");
        assertThat(roles()).isEmpty();
    }

    // covers MIR-008
    @Test
    void theEngineJudgesATargetAndItsReasonReachesTheOperator() throws Exception {
        engine.volume(
                "v",
                "\"role\":\"TARGET\",\"lastRole\":\"TARGET\",\"consistent\":true,\"generation\":\"7\",\"epoch\":5,"
                        + "\"configured\":{\"B\":\"10.0.0.1:1501 sync\"}");
        engine.refusals.put("source", "the source was last heard long ago");
        assertThat(ask().outcome().message())
                .contains("the source was last heard long ago")
                .contains("mainstay mirror force data --on A");
    }

    @Test
    void anOperatorsWordHoldsOnce() throws Exception {
        own("\"ahead\":false");
        sideOfB = "\"name\":\"v\",\"role\":\"NONE\",\"lastRole\":\"SOURCE\",\"epoch\":6,\"generation\":\"9\"";
        promotion.force("data");
        assertThat(ask().export()).isEqualTo("v@5");
        assertThat(roles()).containsExactly("source v 5 forced");
        assertThat(ask().outcome().succeeded()).isFalse();
    }

    @Test
    void theMirrorsOfTheConfigurationAreMade() throws Exception {
        engine.volume("v", SOURCE + "\"epoch\":5,\"ahead\":true,\"configured\":{\"C\":\"10.0.0.3:1501 sync\"}");
        ask();
        assertThat(new TreeMap<>(Map.of("commands", String.join("\n", engine.commands))).toString())
                .contains("mirror v B 10.0.0.1:1501 sync PingInterval=1000 CurrencyWindowMs=20000"
                        + " CurrencyRecordTimeoutMs=20420")
                .contains("unmirror v C");
        assertThat(Files.readString(home.resolve("data/mirror/engine"))).isEqualTo("A 1501\n");
    }

    /** Its log is what a partial resynchronisation needs; and without mirrors nobody would be asked before a start. */
    @Test
    void aMirrorStaysWhileTheOthersDatabaseIsNotKnown() throws Exception {
        tiedToC = true;
        engine.volume("v", SOURCE + "\"epoch\":5,\"ahead\":true,\"configured\":{\"C\":\"10.0.0.3:1501 sync\"}");
        ask();
        assertThat(engine.commands).noneMatch(line -> line.startsWith("unmirror"));
    }

    /** A handover counts for the window only; after that the side that stopped in order is asked. */
    @Test
    void aTargetIsVouchedForByTheSourceThatStoppedWithTheSameData() throws Exception {
        engine.volume(
                "v",
                "\"role\":\"TARGET\",\"lastRole\":\"TARGET\",\"consistent\":true,\"generation\":\"7\",\"epoch\":5,"
                        + "\"configured\":{\"B\":\"10.0.0.1:1501 sync\"}");
        engine.refusals.put("source v 5 own", "the source was last heard long ago");
        assertThat(ask().outcome().succeeded()).as("B cannot be asked").isFalse();
        sideOfB = "\"name\":\"v\",\"role\":\"NONE\",\"lastRole\":\"SOURCE\",\"consistent\":true,\"epoch\":5,"
                + "\"generation\":\"9\"";
        assertThat(ask().outcome().succeeded()).as("B wrote alone").isFalse();
        sideOfB = "\"name\":\"v\",\"role\":\"SOURCE\",\"lastRole\":\"SOURCE\",\"consistent\":true,\"epoch\":5,"
                + "\"generation\":\"7\"";
        assertThat(ask().outcome().succeeded()).as("B serves").isFalse();
        assertThat(roles()).doesNotContain("source v 5 recorded");
        sideOfB = sideOfB.replace("\"role\":\"SOURCE\"", "\"role\":\"NONE\"");
        assertThat(ask().export()).isEqualTo("v@5");
        assertThat(roles()).endsWith("source v 5 recorded");
    }
}
