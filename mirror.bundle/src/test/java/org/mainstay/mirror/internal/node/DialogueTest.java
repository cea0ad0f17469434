package org.mainstay.mirror.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.mirror.internal.engine.EngineLink;
import org.mainstay.mirror.internal.engine.FakeEngine;

/** What this server, the target B, answers to the source A, which lost it: only a yes lets A go on before the window is over. */
class DialogueTest {
    @TempDir
    private Path home;

    private FakeEngine engine;
    private Dialogue dialogue;
    private Lcd own = Lcd.empty("B", 1)
            .with(Instance.create("data", "/srv/data", "filesys", "volume")
                    .withProperties(
                            Map.of("device", "/dev/b", "mount", "/m", "mirror", "10.0.0.2", "mirror-volume", "v"),
                            "1"));

    @BeforeEach
    void start() throws Exception {
        Files.createDirectories(home.resolve("data/mirror"));
        engine = new FakeEngine(home.resolve("data/mirror/control.sock"));
        Desk desk = new Desk(home, new EngineLink(home.resolve("data/mirror/control.sock")), () -> 20_000);
        dialogue = new Dialogue(desk, this::snapshot, Runnable::run, (tag, force) -> {
            throw new AssertionError("nobody asked for that");
        });
    }

    @AfterEach
    void stop() throws Exception {
        engine.close();
    }

    private ClusterSnapshot snapshot() {
        return new ClusterSnapshot(
                1, "B", ClusterSnapshot.Phase.AVAILABLE, own, Map.of(), Map.of(), Map.of(), Map.of(), List.of());
    }

    private boolean agrees() throws Exception {
        String question = "{\"ask\":\"forget\",\"volume\":\"v\",\"epoch\":5,\"source\":\"A\"}";
        byte[] answer = dialogue.handle("A", question.getBytes(StandardCharsets.UTF_8))
                .toCompletableFuture()
                .get(60, TimeUnit.SECONDS);
        return new String(answer, StandardCharsets.UTF_8).contains("\"exit\":0");
    }

    @Test
    void aTargetBeginsAnew() throws Exception {
        engine.volume("v", "\"role\":\"TARGET\",\"lastRole\":\"TARGET\",\"epoch\":5,\"source\":\"A\"");
        assertThat(agrees()).isTrue();
        assertThat(engine.commands).containsExactly("target v 5 A");
    }

    @Test
    void whatWasTargetStaysWithoutARole() throws Exception {
        engine.volume("v", "\"role\":\"NONE\",\"lastRole\":\"TARGET\",\"epoch\":5,\"source\":\"\"");
        assertThat(agrees()).isTrue();
        assertThat(engine.commands).isEmpty();
    }

    @Test
    void whereTheResourceIsGoneNothingCountsAsCurrent() throws Exception {
        assertThat(agrees()).as("its files may not be readable now").isFalse();
        own = Lcd.empty("B", 1);
        assertThat(agrees()).isTrue();
        assertThat(engine.commands).isEmpty();
    }

    @Test
    void whoMayHoldNewerDataSaysNo() throws Exception {
        for (String side : List.of(
                "\"role\":\"SOURCE\",\"lastRole\":\"SOURCE\",\"epoch\":6",
                "\"role\":\"NONE\",\"lastRole\":\"SOURCE\",\"epoch\":5",
                "\"role\":\"NONE\",\"lastRole\":\"TARGET\",\"epoch\":6",
                "\"role\":\"TARGET\",\"lastRole\":\"TARGET\",\"epoch\":6,\"source\":\"C\"")) {
            engine.volume("v", side);
            assertThat(agrees()).as(side).isFalse();
        }
        assertThat(engine.commands).isEmpty();
    }
}
