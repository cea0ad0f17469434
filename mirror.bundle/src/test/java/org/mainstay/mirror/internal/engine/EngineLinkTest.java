package org.mainstay.mirror.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.Mirrors;

/** The engine's control socket from the manager's side. */
class EngineLinkTest {
    @TempDir
    private Path folder;

    @Test
    void commandsAreEncodedAndAnswersRead() throws Exception {
        try (FakeEngine engine = new FakeEngine(folder.resolve("s"))) {
            EngineLink link = new EngineLink(folder.resolve("s"));
            engine.refusals.put("source", "this side has not been in step");
            assertThat(link.send("create", "v", "/a b/100%", "").done()).isTrue();
            assertThat(engine.commands).containsExactly("create v /a%20b/100%25 -");
            EngineLink.Answer refused = link.send("source", "v", 3);
            assertThat(refused.exit()).isEqualTo(8);
            assertThat(refused.text()).isEqualTo("this side has not been in step");
        }
    }

    @Test
    void statusIsUnderstood() throws Exception {
        try (FakeEngine engine = new FakeEngine(folder.resolve("s"))) {
            engine.volume(
                    "v",
                    "\"role\":\"SOURCE\",\"lastRole\":\"SOURCE\",\"epoch\":7,\"size\":4096,\"held\":3,\"ahead\":true,\"configured\":{\"B\":\"10.0.0.2:1501"
                            + " SYNC\"},\"mirrors\":[{\"target\":\"B\",\"address\":\"10.0.0.2:1501\","
                            + "\"state\":4,\"stateName\":\"PAUSED\",\"type\":\"SYNC\",\"cause\":\"CONNECTION\",\"detail\":\"gone\","
                            + "\"resyncDirtyBlocks\":12}]");
            EngineVolume volume =
                    new EngineLink(folder.resolve("s")).volume("v").orElseThrow();
            assertThat(volume.isSource()).isTrue();
            assertThat(volume.ahead()).isTrue();
            assertThat(volume.configured()).containsEntry("B", "10.0.0.2:1501 SYNC");
            Mirrors.Side side = volume.side("A", "data");
            assertThat(side.epoch()).isEqualTo(7);
            assertThat(side.held()).isTrue();
            assertThat(side.links()).singleElement().satisfies(one -> {
                assertThat(one.code()).isEqualTo(4);
                assertThat(one.cause()).isEqualTo("CONNECTION");
                assertThat(one.counters()).containsEntry("resyncDirtyBlocks", 12L);
            });
        }
    }

    @Test
    @Timeout(60)
    void anEngineThatHangsIsAFailureWithAName() throws Exception {
        try (FakeEngine engine = new FakeEngine(folder.resolve("s"))) {
            EngineLink link = new EngineLink(folder.resolve("s"), new EngineLink.Limits(200, 300, 60_000));
            engine.hangs.addAll(List.of("status", "stop", "target"));
            assertThatThrownBy(link::volumes)
                    .isInstanceOf(IOException.class)
                    .hasMessage("the mirror engine did not answer 'status' within 200 ms: it hangs, or a disk does;"
                            + " see data/log/mirror-engine.log");
            assertThatThrownBy(() -> link.send("target", "v", 3, "A")).hasMessageContaining("'target' within 200 ms");
            assertThatThrownBy(() -> link.send("stop", "v", 30_000)).hasMessageContaining("'stop' within 300 ms");
            engine.hangs.clear();
            assertThat(link.send("stop", "v", 30_000).done()).isTrue();
        }
    }

    @Test
    @Timeout(60)
    void readingEventsEndsWhenTheEngineFallsSilent() throws Exception {
        try (FakeEngine engine = new FakeEngine(folder.resolve("s"))) {
            engine.events.addAll(List.of("ready", "alive", "state v B 1 NONE"));
            List<List<String>> told = new ArrayList<>();
            EngineLink link = new EngineLink(folder.resolve("s"), new EngineLink.Limits(60_000, 60_000, 500));
            assertThatThrownBy(() -> link.events(told::add, () -> false)).isInstanceOf(IOException.class);
            assertThat(told)
                    .as("that the engine lives is no event")
                    .containsExactly(List.of("ready"), List.of("state", "v", "B", "1", "NONE"));
        }
    }

    @Test
    void anEngineThatIsNotThereIsAFailureWithAName() {
        assertThatThrownBy(() -> new EngineLink(folder.resolve("none")).volumes())
                .isInstanceOf(IOException.class)
                .hasMessage("the mirror engine does not run");
    }
}
