package org.mainstay.mirror.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.mirror.internal.engine.EngineLink;
import org.mainstay.mirror.internal.engine.EngineVolume;

/** The storage of every side is looked at before the source is told its size. */
class ResizeDeskTest {
    private final List<String> sent = new ArrayList<>();

    private EngineLink.Answer engine(String server, String tag, List<String> words) {
        sent.add(server + ": " + String.join(" ", words));
        return new EngineLink.Answer(0, List.of("done"));
    }

    private static Dialogue.Known side(String server, String role, String more) {
        String json = "{\"name\":\"v\",\"role\":\"" + role + "\",\"size\":1048576" + more + "}";
        return new Dialogue.Known(
                server, "data", new EngineVolume(JsonParser.parseString(json).getAsJsonObject()));
    }

    private static String storage(long bytes) {
        return ",\"storage\":" + bytes;
    }

    private static ClusterSnapshot cluster() {
        Map<String, String> properties =
                Map.of("device", "/dev/d", "mount", "/srv", "mirror", "10.0.0.1", "mirror-volume", "v");
        Instance data = Instance.create("data", "/srv", "filesys", "volume").withProperties(properties, "1");
        ClusterSnapshot.Peer b = new ClusterSnapshot.Peer(
                "B", ClusterSnapshot.PeerState.ALIVE, true, Lcd.empty("B", 1).with(data), true, Map.of(), Map.of());
        return new ClusterSnapshot(
                1,
                "A",
                ClusterSnapshot.Phase.AVAILABLE,
                Lcd.empty("A", 1).with(data),
                Map.of("B", b),
                Map.of(),
                Map.of(),
                Map.of(),
                List.of());
    }

    private Reply grow(long bytes, Dialogue.Known... sides) {
        return new ResizeDesk(List.of(sides), cluster(), this::engine).grow("data", bytes);
    }

    @Test
    void theSourceGetsAllOfItsStorageInWholeSectors() {
        Reply reply = grow(0, side("A", "SOURCE", storage(3_000_000)), side("B", "TARGET", storage(4_000_000)));
        assertThat(reply.succeeded()).as(reply.message()).isTrue();
        assertThat(sent).containsExactly("A: resize v 2999808");
    }

    @Test
    void whatIsAskedForIsEnoughAlsoWhereATargetHasLessThanTheSource() {
        Reply reply = grow(2_097_152, side("A", "SOURCE", storage(3_000_000)), side("B", "TARGET", storage(2_097_152)));
        assertThat(reply.succeeded()).as(reply.message()).isTrue();
        assertThat(sent).containsExactly("A: resize v 2097152");
    }

    @Test
    void aSideThatIsTooSmallOrSilentOrOldIsNamed() {
        Dialogue.Known source = side("A", "SOURCE", storage(3_000_000));
        assertThat(grow(0, source, side("B", "TARGET", storage(2_000_000))).message())
                .isEqualTo("the storage of data on B has 2000000 bytes, less than 2999808: make it larger there first");
        assertThat(grow(0, source).message()).startsWith("B does not answer");
        assertThat(grow(0, source, side("B", "UNKNOWN", "")).message()).startsWith("B does not answer");
        assertThat(grow(0, source, side("B", "TARGET", "")).message())
                .isEqualTo("the mirror engine of B is of an older version: restart it first");
        // A server whose database cannot be read is known to the source's engine.
        Dialogue.Known third =
                side("A", "SOURCE", storage(3_000_000) + ",\"configured\":{\"C\":\"10.0.0.3:1501 SYNC\"}");
        assertThat(grow(0, third, side("B", "TARGET", storage(3_000_000))).message())
                .startsWith("C does not answer");
        assertThat(sent).isEmpty();
    }

    @Test
    void itIsNotMadeSmallerAndHasASource() {
        Reply smaller = grow(524_288, side("A", "SOURCE", storage(3_000_000)), side("B", "TARGET", storage(3_000_000)));
        assertThat(smaller.exitCode()).isEqualTo(ExitCode.IN_USE);
        assertThat(smaller.message()).contains("has 1048576 bytes and is not made smaller (524288)");
        assertThat(grow(0, side("A", "NONE", storage(3_000_000))).message()).contains("in service nowhere");
        assertThat(grow(0).exitCode()).isEqualTo(ExitCode.NOT_FOUND);
        assertThat(sent).isEmpty();
    }
}
