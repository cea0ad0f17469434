package org.mainstay.shell.internal.command.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.Mirrors.Link;
import org.mainstay.cluster.Mirrors.Side;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.MirrorJob;

/** What is wrong with mirrored volumes (MIR-260). */
class MirrorHealthTest {
    private static final long SIZE = 1 << 20;

    private static Lcd lcd(String server) {
        Instance data = Instance.create("data", "/srv", "filesys", "volume")
                .withProperties(Map.of("mirror", "10.0.0.1", "mirror-volume", "data-1"), "1");
        return Lcd.empty(server, 1).with(server.equals("A") ? data.withState(InstanceState.ISP, "started", 1) : data);
    }

    private static ClusterSnapshot cluster(Lcd a, Lcd b) {
        ClusterSnapshot.Peer peer =
                new ClusterSnapshot.Peer("B", ClusterSnapshot.PeerState.ALIVE, true, b, true, Map.of(), Map.of());
        return new ClusterSnapshot(
                1, "A", ClusterSnapshot.Phase.AVAILABLE, a, Map.of("B", peer), Map.of(), Map.of(), Map.of(), List.of());
    }

    private static Link link(int code, String cause) {
        return new Link("B", "10.0.0.2:1501", code, "", "SYNC", cause, "why", Map.of());
    }

    private static Side source(long storage, Link link) {
        return new Side("A", "data", "data-1", "SOURCE", 5, SIZE, storage, false, false, List.of(link));
    }

    private static Side target(long size, long storage) {
        return new Side("B", "data", "data-1", "TARGET", 5, size, storage, true, false, List.of());
    }

    private static List<String> found(Side... sides) {
        return MirrorHealth.of(cluster(lcd("A"), lcd("B")), List.of(sides)).stream()
                .map(one -> one.level() + " " + one.server() + " " + one.volume() + ": " + one.text())
                .toList();
    }

    @Test
    void nothingIsWrongWithAMirrorInStep() {
        assertThat(found(source(SIZE, link(1, "NONE")), target(SIZE, SIZE))).isEmpty();
    }

    // covers SPLIT-004
    @Test
    void ofASplitBothSidesAndTheWayOutAreNamed() {
        assertThat(found(source(SIZE, link(4, "SPLIT_BRAIN")), target(SIZE, SIZE)))
                .singleElement()
                .asString()
                .contains(
                        "A and B both wrote data alone, and only one side's data is kept",
                        "To give up what only B wrote: mainstay mirror discard data --on B",
                        "to give up what only A wrote: mainstay mirror discard data --on A");
    }

    @Test
    void aMirrorThatIsNotInStepIsAsBadAsItsCause() {
        Side b = target(SIZE, SIZE);
        assertThat(found(source(SIZE, link(2, "NONE")), b))
                .containsExactly("WARNING A data: the mirror to B is being resynchronised");
        assertThat(found(source(SIZE, link(3, "USER")), b).get(0))
                .startsWith("ERROR A data: the mirror to B is broken");
        assertThat(found(source(SIZE, link(4, "USER")), b).get(0))
                .isEqualTo("WARNING A data: the mirror to B is paused: USER why; mainstay mirror continue data --to B");
        assertThat(found(source(SIZE, link(4, "SPLIT_BRAIN")), b).get(0))
                .startsWith("ERROR A data: the mirror to B is paused: SPLIT_BRAIN why");
    }

    @Test
    void sidesThatDoNotAnswerAreErrors() {
        Side silent = new Side("B", "data", "data-1", "UNKNOWN", 0, 0, 0, false, false, List.of());
        assertThat(found(source(SIZE, link(1, "NONE"))))
                .containsExactly("ERROR B data: the server does not answer, so nothing is known of its side");
        assertThat(found(source(SIZE, link(1, "NONE")), silent).get(0)).startsWith("ERROR B data: its mirror engine");
        assertThat(found(
                        new Side("A", "data", "data-1", "NONE", 5, SIZE, SIZE, false, false, List.of()),
                        target(SIZE, SIZE)))
                .containsExactly("ERROR A data: in service, but its engine is not source: bring it into service again");
    }

    @Test
    void sizesAreCompared() {
        Link inStep = link(1, "NONE");
        assertThat(found(source(SIZE, inStep), target(SIZE, SIZE - 1)).get(0))
                .startsWith("ERROR B data: the storage has 1048575 bytes, the volume 1048576");
        assertThat(found(source(SIZE + 4096, inStep), target(SIZE, SIZE)).get(0))
                .startsWith("NOTE A data: the storage has 4096 bytes more");
        assertThat(found(source(SIZE, inStep), target(SIZE / 2, SIZE / 2)).get(0))
                .startsWith("WARNING B data: has 524288 bytes, its source on A 1048576");
        assertThat(found(source(SIZE, inStep), target(SIZE, 0)).get(0))
                .startsWith("WARNING B data: its engine does not say");
    }

    @Test
    void aServerWithAnOldCopyOfAJobIsNamed() {
        String id = "11111111-2222-3333-4444-555555555555";
        MirrorJob job = new MirrorJob(id, 2, false, "db", "", List.of());
        MirrorJob old = new MirrorJob(id, 1, false, "db", "", List.of());
        ClusterSnapshot cluster =
                cluster(lcd("A").with(LcdSection.JOBS, id, job), lcd("B").with(LcdSection.JOBS, id, old));
        assertThat(MirrorHealth.of(cluster, List.of(source(SIZE, link(1, "NONE")), target(SIZE, SIZE))))
                .singleElement()
                .satisfies(one -> {
                    assertThat(one.server()).isEqualTo("B");
                    assertThat(one.text()).startsWith("does not have the newest copy of the job 'db'");
                });
    }

    @Test
    void aVolumeThatIsOnOneServerOnlyIsNotKeptTwice() {
        assertThat(MirrorHealth.of(cluster(lcd("A"), Lcd.empty("B", 1)), List.of(source(SIZE, link(1, "NONE")))))
                .singleElement()
                .satisfies(one -> assertThat(one.text()).isEqualTo("no other server has it: extend it"));
    }
}
