package org.mainstay.mirror.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
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
    void anEngineThatIsNotThereIsAFailureWithAName() {
        assertThatThrownBy(() -> new EngineLink(folder.resolve("none")).volumes())
                .isInstanceOf(IOException.class)
                .hasMessage("the mirror engine does not run");
    }
}
