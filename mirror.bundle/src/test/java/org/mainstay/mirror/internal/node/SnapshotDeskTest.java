package org.mainstay.mirror.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.mirror.internal.engine.EngineLink;
import org.mainstay.mirror.internal.engine.EngineVolume;

/** Snapshots of several volumes: all or none, one source, in order. */
class SnapshotDeskTest {
    private final List<String> sent = new ArrayList<>();
    private String refused = "none";

    @TempDir
    private Path folder;

    private EngineLink.Answer engine(String server, String tag, List<String> words) {
        sent.add(server + ": " + String.join(" ", words).replaceAll("[0-9a-f]{8}", "ID"));
        String line = sent.get(sent.size() - 1);
        return line.startsWith(refused)
                ? new EngineLink.Answer(1, List.of("no: " + line))
                : new EngineLink.Answer(0, words.get(0).equals("snapshot") ? List.of(words.get(1) + "@x") : List.of());
    }

    private static Dialogue.Known side(String server, String tag, String role) {
        String json = "{\"name\":\"v-" + tag + "\",\"role\":\"" + role + "\",\"snapshotLocation\":\"/s\","
                + "\"snapshot\":{\"id\":\"a1\",\"active\":true,\"export\":\"e\",\"blocks\":3,\"bytes\":7,\"last\":\"\"}}";
        return new Dialogue.Known(
                server, tag, new EngineVolume(JsonParser.parseString(json).getAsJsonObject()));
    }

    private SnapshotDesk desk(Dialogue.Known... sides) {
        return new SnapshotDesk(List.of(sides), this::engine);
    }

    private SnapshotDesk two() {
        return desk(
                side("A", "data", "SOURCE"),
                side("A", "wal", "SOURCE"),
                side("B", "data", "TARGET"),
                side("B", "wal", "TARGET"));
    }

    // covers SNAP-020
    @Test
    void severalVolumesGetOneMarker() {
        Reply reply = two().carryOut(desk -> desk.take(List.of("data", "wal", "data"), "B"));
        assertThat(reply.succeeded()).isTrue();
        assertThat(reply.remarks()).containsExactly("data: v-data@x", "wal: v-wal@x");
        assertThat(sent).containsExactly("B: snapshot v-data ID", "B: snapshot v-wal ID", "A: mark ID B v-data v-wal");
    }

    @Test
    void whatWasBegunIsDroppedWhenAnotherVolumeOrTheMarkerFails() {
        refused = "B: snapshot v-wal";
        Reply reply = two().carryOut(desk -> desk.take(List.of("data", "wal"), "B"));
        assertThat(reply.message()).isEqualTo("no: B: snapshot v-wal ID");
        assertThat(sent).containsSubsequence("B: snapshot v-wal ID", "B: drop v-data ID", "B: drop v-wal ID");
        assertThat(sent).noneMatch(line -> line.contains("mark"));
        sent.clear();
        refused = "A: mark";
        reply = two().carryOut(desk -> desk.take(List.of("data"), "B"));
        assertThat(reply.exitCode()).isEqualTo(1);
        assertThat(sent).containsExactly("B: snapshot v-data ID", "A: mark ID B v-data", "B: drop v-data ID");
    }

    @Test
    void whatCannotBeDroppedKeepsNeitherTheReasonNorTheOthers() {
        refused = "A: mark";
        SnapshotDesk desk = new SnapshotDesk(
                List.of(
                        side("A", "data", "SOURCE"),
                        side("A", "wal", "SOURCE"),
                        side("B", "data", "TARGET"),
                        side("B", "wal", "TARGET")),
                (server, tag, words) -> {
                    EngineLink.Answer answer = engine(server, tag, words);
                    if (words.get(0).equals("drop") && tag.equals("data")) {
                        throw new IOException("no answer");
                    }
                    return answer;
                });
        Reply reply = desk.carryOut(one -> one.take(List.of("data", "wal"), "B"));
        assertThat(reply.exitCode()).isEqualTo(1);
        assertThat(reply.message()).isEqualTo("no: A: mark ID B v-data v-wal");
        assertThat(reply.remarks()).containsExactly("a snapshot of data may be left on B, drop it there: no answer");
        assertThat(sent).endsWith("B: drop v-data ID", "B: drop v-wal ID");
    }

    // covers SNAP-020 SNAP-050
    @Test
    void whatIsRefusedBeforeAnythingIsBegun() {
        Reply reply = desk(
                        side("A", "data", "SOURCE"),
                        side("B", "wal", "SOURCE"),
                        side("C", "data", "TARGET"),
                        side("C", "wal", "TARGET"))
                .carryOut(desk -> desk.take(List.of("data", "wal"), "C"));
        assertThat(reply.message()).contains("of one source, these have A and B");
        reply = two().carryOut(desk -> desk.take(List.of("data"), "A"));
        assertThat(reply.exitCode()).isEqualTo(ExitCode.IN_USE);
        reply = desk(side("B", "data", "TARGET")).carryOut(desk -> desk.take(List.of("data"), "B"));
        assertThat(reply.message()).contains("its source cannot be found");
        reply = two().carryOut(desk -> desk.take(List.of("other"), "B"));
        assertThat(reply.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
        assertThat(sent).isEmpty();
        reply = new SnapshotDesk(List.of(side("B", "data", "TARGET")), (server, tag, words) -> {
                    throw new IOException("the mirror engine does not run");
                })
                .carryOut(desk -> desk.drop(List.of("data"), "B"));
        assertThat(reply.message()).isEqualTo("the mirror engine does not run");
    }

    @Test
    void droppingAndLocating() {
        refused = "B: drop v-data";
        Reply reply = two().carryOut(desk -> desk.drop(List.of("data", "wal"), "B"));
        assertThat(reply.succeeded()).isFalse();
        assertThat(sent).as("one does not keep the others").contains("B: drop v-wal");
        assertThat(two().carryOut(desk -> desk.locate("data", "B", "/var/s", 4096))
                        .succeeded())
                .isTrue();
        assertThat(sent).contains("B: location v-data /var/s 4096");
        Mirrors.Snapshot one =
                SnapshotDesk.all(List.of(side("B", "data", "TARGET"))).get(0);
        assertThat(one).isEqualTo(new Mirrors.Snapshot("B", "data", "/s", true, "e", 0, 3, 7, 0, ""));
    }

    // covers SNAP-012
    @Test
    void aLocationIsNotOnAMirroredVolume() throws IOException {
        Path mount = Files.createDirectories(folder.resolve("mount/inside"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), mount);
        Lcd own = Lcd.empty("B", 1)
                .with(Instance.create("data", "d", "filesys", "volume")
                        .withProperties(
                                Map.of(
                                        "device",
                                        "/dev/b",
                                        "mount",
                                        folder.resolve("mount").toRealPath().toString(),
                                        "mirror",
                                        "10.0.0.1:1501"),
                                "1"));
        for (Path bad : List.of(mount, link)) {
            assertThat(SnapshotDesk.refusal(own, List.of("location", "v", bad.toString(), "0")))
                    .contains("is on the mirrored volume data");
        }
        assertThat(SnapshotDesk.refusal(own, List.of("location", "v", folder.toString(), "0")))
                .isEmpty();
        assertThat(SnapshotDesk.refusal(own, List.of("location", "v", "", "0"))).isEmpty();
    }
}
