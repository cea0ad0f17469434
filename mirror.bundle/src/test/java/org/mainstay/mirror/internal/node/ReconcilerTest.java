package org.mainstay.mirror.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Flag;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.MirrorJob;
import org.mainstay.mirror.internal.engine.EngineLink;
import org.mainstay.mirror.internal.engine.FakeEngine;

/** The engine of server A is brought to what the configuration says. B is the other side. */
class ReconcilerTest {
    private static final String MIRRORS = ",\"configured\":{\"B\":\"10.0.0.1:1501 sync\"}";

    private static final String JOB = "11111111-2222-3333-4444-555555555555";

    @TempDir
    private Path home;

    private FakeEngine engine;
    private Desk desk;
    private InstanceState here = InstanceState.OSU;
    private InstanceState there = InstanceState.OSU;
    private final List<LcdChange<?>> rowsHere = new ArrayList<>();
    private final List<LcdChange<?>> rowsThere = new ArrayList<>();
    private final List<Request> requests = new ArrayList<>();
    private CompletableFuture<Reply> database = new CompletableFuture<>();
    private Reconciler reconciler;

    @BeforeEach
    void start() throws Exception {
        Files.createDirectories(home.resolve("data/mirror"));
        engine = new FakeEngine(home.resolve("data/mirror/control.sock"));
        desk = new Desk(home, new EngineLink(home.resolve("data/mirror/control.sock")), () -> 20_000);
        reconciler = new Reconciler(desk, this::snapshot, new Database());
    }

    @AfterEach
    void stop() throws Exception {
        engine.close();
    }

    private static Lcd lcd(String server, InstanceState state) {
        Map<String, String> properties =
                Map.of("device", "/dev/a", "mount", "/srv/data", "mirror", "10.0.0.1:1501", "mirror-volume", "v");
        return Lcd.empty(server, 1)
                .with(Instance.create("data", "/srv/data", "filesys", "volume")
                        .withProperties(properties, "1")
                        .withState(state, "", 0));
    }

    private ClusterSnapshot snapshot() {
        ClusterSnapshot.Peer b = new ClusterSnapshot.Peer(
                "B", ClusterSnapshot.PeerState.ALIVE, true, lcd("B", there).apply(rowsThere), true, Map.of(), Map.of());
        return new ClusterSnapshot(
                1,
                "A",
                ClusterSnapshot.Phase.AVAILABLE,
                lcd("A", here).apply(rowsHere),
                Map.of("B", b),
                Map.of(),
                Map.of(),
                Map.of(),
                List.of());
    }

    private List<String> roles() {
        return engine.commands.stream()
                .filter(line -> line.matches("(source|target|stop) .*"))
                .toList();
    }

    @Test
    void whereAnotherServerHasItThisSideIsItsTarget() {
        engine.volume("v", "\"role\":\"NONE\"" + MIRRORS);
        reconciler.run();
        assertThat(roles()).as("in service nowhere").isEmpty();
        there = InstanceState.ISP;
        reconciler.run();
        assertThat(roles()).containsExactly("target v 0 B");
        engine.volume("v", "\"role\":\"TARGET\",\"source\":\"B\"" + MIRRORS);
        reconciler.run();
        assertThat(roles()).hasSize(1);
    }

    // covers MIR-007
    @Test
    void aSourceIsNeitherMadeNorTurnedIntoATarget() {
        here = InstanceState.ISP;
        engine.volume("v", "\"role\":\"NONE\"" + MIRRORS);
        reconciler.run();
        here = InstanceState.OSU;
        there = InstanceState.ISP;
        engine.volume("v", "\"role\":\"SOURCE\"" + MIRRORS);
        reconciler.run();
        assertThat(roles()).isEmpty();
    }

    private static LcdChange<?> flag(String name) {
        return LcdChange.put(LcdSection.FLAGS, name, new Flag(name));
    }

    // covers EMC-016
    @Test
    void aServerThatIsBlockedDoesNotBecomeTarget() {
        there = InstanceState.ISP;
        rowsHere.add(flag(Mirrors.blockTargetFlag("data")));
        engine.volume("v", "\"role\":\"NONE\"" + MIRRORS);
        reconciler.run();
        engine.volume("v", "\"role\":\"TARGET\",\"source\":\"B\"" + MIRRORS);
        reconciler.run();
        assertThat(roles()).as("what is target stays it").isEmpty();
        rowsHere.clear();
        engine.volume("v", "\"role\":\"NONE\"" + MIRRORS);
        reconciler.run();
        assertThat(roles()).containsExactly("target v 0 B");
    }

    // covers EMC-017 EMC-111
    @Test
    void aTargetThatWasDeletedHereGivesItsRoleUpOnlyWhileItsSourceIsThere() {
        rowsHere.add(flag(Mirrors.switchoverFlag("data", "")));
        engine.volume("v", "\"role\":\"TARGET\",\"source\":\"B\"" + MIRRORS);
        reconciler.run();
        assertThat(roles())
                .as("in service nowhere: it may be the only good side")
                .isEmpty();
        there = InstanceState.ISP;
        engine.volume("v", "\"role\":\"TARGET\",\"source\":\"B\",\"leaving\":true" + MIRRORS);
        reconciler.run();
        assertThat(roles()).as("it is about to become source").isEmpty();
        engine.volume("v", "\"role\":\"TARGET\",\"source\":\"B\"" + MIRRORS);
        reconciler.run();
        assertThat(roles()).containsExactly("stop v 2000");
        engine.volume("v", "\"role\":\"NONE\"" + MIRRORS);
        reconciler.run();
        assertThat(roles()).hasSize(1);
        rowsHere.set(0, flag(Mirrors.switchoverFlag("data", "boot before this one")));
        reconciler.run();
        assertThat(roles()).as("a reboot ends it").contains("target v 0 B");
        assertThat(requests).last().asString().contains("!mirror-switchover!data!boot before this one");
    }

    // covers EMC-102 EMC-103
    @Test
    void whatAJobSaysOfThePairCountsBeforeTheProperties() {
        MirrorJob.Pair pair = new MirrorJob.Pair(
                new MirrorJob.End("B.example.org", "/srv/data", "10.9.9.9"),
                new MirrorJob.End("A", "data", "10.9.9.1"),
                MirrorJob.Type.A);
        MirrorJob job = new MirrorJob(JOB, 2, false, "job", "", List.of(pair));
        rowsThere.add(LcdChange.put(LcdSection.JOBS, JOB, job));
        rowsHere.add(LcdChange.put(LcdSection.JOBS, JOB, new MirrorJob(JOB, 1, false, "job", "", List.of())));
        engine.volume("v", "\"role\":\"NONE\"" + MIRRORS);
        reconciler.run();
        assertThat(engine.commands).contains("address v B 10.9.9.9:1501", "type v B async");
        assertThat(requests)
                .as("the newer copy is taken over")
                .singleElement()
                .asString()
                .contains("revision=2");
        engine.commands.clear();
        engine.volume("v", "\"role\":\"NONE\",\"configured\":{\"B\":\"10.9.9.9:1501 ASYNC\"}");
        rowsThere.set(0, LcdChange.put(LcdSection.JOBS, JOB, job.next(true)));
        reconciler.run();
        assertThat(engine.commands).as("without a job the properties count").contains("address v B 10.0.0.1:1501");
    }

    /** A database that does not answer, or refuses, is not asked over and over. */
    @Test
    void flagsAreAskedForOneAtATime() {
        here = InstanceState.ISP;
        engine.volume(
                "v",
                "\"role\":\"SOURCE\",\"mirrors\":[{\"target\":\"B\",\"state\":4,\"stateName\":\"PAUSED\"}]" + MIRRORS);
        reconciler.run();
        reconciler.run();
        assertThat(requests).singleElement().asString().contains("!mirror!data!B");
        database.complete(Reply.failed(1, "the disk is full"));
        reconciler.run();
        assertThat(requests).hasSize(1);
    }

    @Test
    void flagsThatWereSetAreSetAgainWhenTheyAreMissing() {
        here = InstanceState.ISP;
        database = CompletableFuture.completedFuture(Reply.success("done"));
        engine.volume(
                "v",
                "\"role\":\"SOURCE\",\"mirrors\":[{\"target\":\"B\",\"state\":4,\"stateName\":\"PAUSED\"}]" + MIRRORS);
        reconciler.run();
        reconciler.run();
        assertThat(requests).hasSize(2);
    }

    @Test
    void withoutMirroredVolumesTheEngineIsNotWanted() throws Exception {
        engine.volume("v", "\"role\":\"NONE\"" + MIRRORS);
        reconciler.run();
        assertThat(desk.wanted()).isTrue();
        reconciler = new Reconciler(
                desk,
                () -> new ClusterSnapshot(
                        1,
                        "A",
                        ClusterSnapshot.Phase.AVAILABLE,
                        Lcd.empty("A", 1),
                        Map.of(),
                        Map.of(),
                        Map.of(),
                        Map.of(),
                        List.of()),
                new Database());
        reconciler.run();
        assertThat(engine.commands).contains("delete v");
        assertThat(desk.wanted()).isFalse();
    }

    private final class Database implements Administration {
        @Override
        public CompletionStage<Reply> submit(Request request, Caller caller, Consumer<String> progress) {
            requests.add(request);
            return database;
        }

        @Override
        public List<Kit> kits() {
            return List.of();
        }

        @Override
        public Optional<List<FormField>> form(String type, boolean extend, Map<String, String> answers) {
            return Optional.empty();
        }
    }
}
