package org.mainstay.mirror.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.mirror.internal.engine.EngineLink;
import org.mainstay.mirror.internal.engine.FakeEngine;

/** What a mirror left behind is taken away, and nothing else (MIR-257, MIR-258). */
class LeftoversTest {
    @TempDir
    private Path home;

    private Path folder;
    private Lcd own = Lcd.empty("A", 1);
    private List<Mirrors.Side> sides = List.of();
    private ClusterSnapshot.Phase phase = ClusterSnapshot.Phase.AVAILABLE;

    @BeforeEach
    void left() throws IOException {
        folder = Files.createDirectories(home.resolve("data/mirror"));
        for (String name : List.of("data-1", "data-1.old")) {
            Files.writeString(
                    folder.resolve(name + ".volume"),
                    "logs=" + folder + "\npath=" + home.resolve(name + ".img") + "\n");
            Files.writeString(folder.resolve(name + ".state"), "damaged");
            Files.writeString(folder.resolve(name + ".role"), "x");
            Files.writeString(folder.resolve(name + ".B.example.bitmap"), "x");
            Files.writeString(home.resolve(name + ".img"), "data");
        }
    }

    private Reply clean(String asked) {
        ClusterSnapshot snapshot =
                new ClusterSnapshot(1, "A", phase, own, Map.of(), Map.of(), Map.of(), Map.of(), List.of());
        Desk desk = new Desk(home, new EngineLink(folder.resolve("control.sock")), () -> 20_000);
        return new Leftovers(home, desk).clean(asked, snapshot, sides);
    }

    private List<String> files() throws IOException {
        try (var all = Files.list(folder)) {
            return all.map(one -> one.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void filesOfThatMirrorGoAndTheDataStays() throws IOException {
        Reply reply = clean(home.resolve("data-1.img").toString());
        assertThat(reply.message())
                .isEqualTo(
                        "removed the mirror data-1 from this server: data-1.B.example.bitmap, data-1.role, data-1.state,"
                                + " data-1.volume. The data stays where it is");
        assertThat(files())
                .containsExactly(
                        "data-1.old.B.example.bitmap", "data-1.old.role", "data-1.old.state", "data-1.old.volume");
        assertThat(home.resolve("data-1.img")).hasContent("data");
        assertThat(clean("data-1").exitCode()).isEqualTo(ExitCode.NOT_FOUND);
        assertThat(clean("data-1").message()).endsWith("there are: data-1.old");
    }

    @Test
    void anEngineThatHasItForgetsItFirst() throws IOException {
        Files.writeString(folder.resolve("engine"), "A 1501");
        try (FakeEngine engine = new FakeEngine(folder.resolve("control.sock"))) {
            engine.volume("data-1", "\"role\":\"NONE\"");
            assertThat(clean("data-1").message()).contains("the engine forgot it");
            assertThat(engine.commands).containsExactly("stop data-1 5000", "delete data-1");
        }
        // One that should run and does not answer may have it.
        Reply reply = clean("data-1.old");
        assertThat(reply.exitCode()).isEqualTo(ExitCode.SYSTEM_ERROR);
        assertThat(files()).contains("data-1.old.volume", "data-1.old.state");
    }

    @Test
    void whatIsStillUsedStays() throws IOException {
        List<String> before = files();
        own = Lcd.empty("A", 1)
                .with(Instance.create("data", "/srv", "filesys", "volume")
                        .withProperties(
                                Map.of("device", "/dev/d", "mirror", "10.0.0.1", "mirror-volume", "data-1"), "1"));
        for (String asked :
                List.of("data-1", "data", "/dev/d", home.resolve("data-1.img").toString())) {
            assertThat(clean(asked).exitCode()).as(asked).isEqualTo(ExitCode.IN_USE);
            assertThat(clean(asked).message()).startsWith("the resource data uses this mirror");
        }
        own = Lcd.empty("A", 1);
        sides = List.of(new Mirrors.Side("B", "data", "data-1", "NONE", 1, 0, 0, false, false, List.of()));
        assertThat(clean("data-1").message()).startsWith("B has a side of this mirror, with the resource data");
        sides = List.of();
        phase = ClusterSnapshot.Phase.STARTING;
        assertThat(clean("data-1").message()).startsWith("Mainstay is not ready here");
        phase = ClusterSnapshot.Phase.AVAILABLE;
        Files.createDirectories(folder.resolve("attach/data-1"));
        Files.writeString(folder.resolve("attach/data-1/volume"), "");
        assertThat(clean("data-1").message()).startsWith("the attachment of this mirror is still mounted");
        Files.delete(folder.resolve("attach/data-1/volume"));
        Files.delete(folder.resolve("attach/data-1"));
        Files.delete(folder.resolve("attach"));
        assertThat(files()).isEqualTo(before);
    }
}
