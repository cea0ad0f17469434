package org.mainstay.mirror.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.EventLog;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.mirror.internal.engine.EngineLink;
import org.mainstay.mirror.internal.engine.FakeEngine;

/** A target that fell behind is told so before changes it lacks are answered (MIR-119), whatever else is slow. */
class EventReaderTest {
    private static final int LIMIT = 60;

    @TempDir
    private Path home;

    private FakeEngine engine;
    private Desk desk;
    private Map<String, ClusterSnapshot.Peer> peers = Map.of();
    private CompletableFuture<Reply> database = CompletableFuture.completedFuture(Reply.success("done"));
    private String answerOfB = "{\"exit\":0,\"text\":\"\"}";
    private final List<String> told = new CopyOnWriteArrayList<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final CountDownLatch handled = new CountDownLatch(1);

    @BeforeEach
    void start() throws Exception {
        Files.createDirectories(home.resolve("data/mirror"));
        Files.writeString(home.resolve("data/mirror/engine"), "A 1501\n");
        engine = new FakeEngine(home.resolve("data/mirror/control.sock"));
        engine.volume("v", side("5a"));
        desk = new Desk(home, new EngineLink(home.resolve("data/mirror/control.sock")), () -> 20_000);
    }

    private static String side(String hold) {
        return "\"role\":\"SOURCE\",\"epoch\":5,\"mirrors\":[{\"target\":\"B\",\"hold\":\"" + hold + "\"}]";
    }

    @AfterEach
    void stop() throws Exception {
        engine.close();
    }

    private ClusterSnapshot snapshot() {
        Map<String, String> properties =
                Map.of("device", "/dev/a", "mount", "/srv/data", "mirror", "10.0.0.1:1501", "mirror-volume", "v");
        Lcd own = Lcd.empty("A", 1)
                .with(Instance.create("data", "/srv/data", "filesys", "volume").withProperties(properties, "1"));
        return new ClusterSnapshot(
                1, "A", ClusterSnapshot.Phase.AVAILABLE, own, peers, Map.of(), Map.of(), Map.of(), List.of());
    }

    /** Reads these events, and returns when the last one was handled. */
    private void read(String... events) throws Exception {
        engine.events.addAll(List.of(events));
        engine.events.add("trouble v the end");
        Dialogue dialogue = new Dialogue(desk, this::snapshot, Runnable::run, (tag, force) -> {
            throw new AssertionError("nobody asked for that");
        });
        dialogue.messenger(new PeerB());
        EventReader reader = new EventReader(desk, dialogue, this::snapshot, new Log(), new Database());
        Thread thread = new Thread(() -> reader.read(() -> false), "events");
        thread.setDaemon(true);
        thread.start();
        assertThat(handled.await(LIMIT, TimeUnit.SECONDS)).isTrue();
    }

    // covers MIR-119
    @Test
    void aTargetThatTookNoteIsRecorded() throws Exception {
        read("ready", "record-needed v B 5a");
        assertThat(asked)
                .singleElement()
                .asString()
                .contains("\"ask\":\"forget\"")
                .contains("\"epoch\":5");
        assertThat(engine.commands).containsExactly("recorded v B 5a");
    }

    @Test
    void aDatabaseThatNeverAnswersDelaysItOnly() throws Exception {
        database = new CompletableFuture<>();
        read("record-needed v B 5a");
        assertThat(engine.commands).containsExactly("recorded v B 5a");
    }

    @Test
    void aTargetThatCannotBeToldIsNotRecorded() throws Exception {
        answerOfB = "";
        read("record-needed v B 5a");
        assertThat(asked).hasSize(1);
        assertThat(engine.commands).isEmpty();
    }

    @Test
    void aTargetThatRefusesToTakeNoteIsNotRecorded() throws Exception {
        answerOfB = "{\"exit\":8,\"text\":\"not a target of A\"}";
        read("record-needed v B 5a");
        assertThat(asked).hasSize(1);
        assertThat(engine.commands).isEmpty();
    }

    /** The target is in step again, or was and is lost once more: it must not be thrown out, nor this loss be taken for that. */
    @Test
    void aLossThatIsOverIsNotAnsweredFor() throws Exception {
        engine.volume("v", side(""));
        read("record-needed v B 5a");
        assertThat(asked).isEmpty();
        assertThat(engine.commands).isEmpty();
    }

    @Test
    void anEarlierLossIsNotAnsweredFor() throws Exception {
        engine.volume("v", side("5b"));
        read("record-needed v B 5a");
        assertThat(asked).isEmpty();
        assertThat(engine.commands).isEmpty();
    }

    @Test
    void theTargetOfADeletedMirrorIsTold() throws Exception {
        engine.volume("v", "\"role\":\"SOURCE\",\"epoch\":5,\"mirrors\":[]");
        read("record-needed v B 5a");
        assertThat(asked).hasSize(1);
        assertThat(engine.commands).containsExactly("recorded v B 5a");
    }

    @Test
    void whoIsNoSourceAnyMoreRecordsNothing() throws Exception {
        engine.volume("v", "\"role\":\"TARGET\",\"epoch\":6");
        read("record-needed v B 5a");
        assertThat(asked).isEmpty();
        assertThat(engine.commands).isEmpty();
    }

    @Test
    void statesAreEventsOfTheResource() throws Exception {
        read("state v B 4 CONNECTION", "state v B 1 NONE", "what nobody knows");
        assertThat(told)
                .containsExactly(
                        "data WARNING mirror of data to B: paused (CONNECTION)",
                        "data INFORMATION mirror of data to B: mirroring",
                        "data ERROR mirrored volume data: trouble v the end");
    }

    // covers SNMP-022
    @Test
    void statesNameTheAddressOfTheTarget() throws Exception {
        Map<String, String> properties =
                Map.of("device", "/dev/b", "mount", "/srv/data", "mirror", "10.0.0.2", "mirror-volume", "v");
        Lcd lcd = Lcd.empty("B", 1)
                .with(Instance.create("other", "/srv/data", "filesys", "volume").withProperties(properties, "1"));
        peers = Map.of(
                "B",
                new ClusterSnapshot.Peer("B", ClusterSnapshot.PeerState.ALIVE, true, lcd, true, Map.of(), Map.of()));
        read("state v B 4 SPLIT_BRAIN");
        assertThat(told).contains("data WARNING mirror of data to B at 10.0.0.2:1501: paused (SPLIT_BRAIN)");
    }

    private final class PeerB implements Messenger {
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
            asked.add(new String(payload, StandardCharsets.UTF_8));
            return answerOfB.isEmpty()
                    ? CompletableFuture.failedFuture(new NoCommunicationException("no session with B"))
                    : CompletableFuture.completedFuture(answerOfB.getBytes(StandardCharsets.UTF_8));
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

    private final class Log implements EventLog {
        @Override
        public List<ClusterEvent> recent(int most) {
            return List.of();
        }

        @Override
        public void add(int number, ClusterEvent.Level level, String tag, String text) {
            told.add(tag + " " + level + " " + text);
            if (text.endsWith("the end")) {
                handled.countDown();
            }
        }

        @Override
        public void addOfScript(int number, ClusterEvent.Level level, String script, String text) {
            throw new AssertionError("nothing here is a script");
        }

        @Override
        public Registration follow(Consumer<ClusterEvent> listener) {
            return () -> {};
        }
    }

    private final class Database implements Administration {
        @Override
        public CompletionStage<Reply> submit(Request request, Caller caller, Consumer<String> progress) {
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
