package org.mainstay.core.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.MirrorJob;
import org.mainstay.cluster.lcd.MirrorJob.End;
import org.mainstay.cluster.lcd.MirrorJob.Pair;
import org.mainstay.cluster.lcd.MirrorJob.Type;
import org.mainstay.core.internal.node.MemoryFolder;
import org.mainstay.core.internal.node.TestCluster;
import org.mainstay.core.internal.node.TestNode;

/** Jobs of mirrors are the same on every server (EMC-020 to EMC-024). */
@Timeout(120)
class MirrorJobsTest {
    private static final String ONE = "11111111-1111-1111-1111-111111111111";
    private static final String TWO = "22222222-2222-2222-2222-222222222222";

    @TempDir(factory = MemoryFolder.class)
    Path directory;

    private TestCluster cluster;
    private TestNode a;
    private TestNode b;

    @BeforeEach
    void start() throws Exception {
        cluster = new TestCluster(directory, 2).withPaths();
        a = cluster.node("A");
        b = cluster.node("B");
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private static MirrorJob job(String id, String volume) {
        Pair pair = new Pair(new End("A", volume, "10.0.0.1"), new End("B.example", volume, "10.0.0.2"), Type.S);
        return new MirrorJob(id, 0, false, "job of " + volume, "", List.of(pair));
    }

    private static Reply store(TestNode node, MirrorJob job) throws Exception {
        return node.submit(new Request.StoreMirrorJob(job));
    }

    private static Map<String, MirrorJob> jobs(TestNode node) {
        return MirrorJob.of(node.snapshot().databases());
    }

    private static void ok(Reply reply) {
        assertThat(reply.exitCode()).as(reply.toString()).isZero();
    }

    // covers EMC-024
    @Test
    void aJobIsStoredChangedAndDeletedOnAllServers() throws Exception {
        ok(store(a, job(ONE, "data")));
        MirrorJob stored = a.own().row(LcdSection.JOBS, ONE).orElseThrow();
        assertThat(stored.revision()).isEqualTo(1);
        assertThat(b.own().row(LcdSection.JOBS, ONE)).contains(stored);
        MirrorJob renamed = new MirrorJob(ONE, 1, false, "other", "text", stored.pairs());
        ok(store(b, renamed));
        assertThat(jobs(a).get(ONE).name()).isEqualTo("other");
        ok(store(a, jobs(a).get(ONE).withPairs(List.of())));
        MirrorJob last = jobs(b).get(ONE);
        assertThat(last.pairs()).isEmpty();
        ok(store(a, new MirrorJob(ONE, last.revision(), true, "other", "", List.of())));
        assertThat(jobs(a)).isEmpty();
        assertThat(jobs(b)).isEmpty();
        assertThat(store(a, new MirrorJob(ONE, 4, true, "other", "", List.of())).exitCode())
                .isEqualTo(ExitCode.NOT_FOUND);
    }

    @Test
    void whatSomebodyElseChangedIsNotOverwritten() throws Exception {
        ok(store(a, job(ONE, "data")));
        assertThat(store(b, job(ONE, "data")).exitCode()).isEqualTo(ExitCode.IN_USE);
        Reply again = store(b, job(TWO, "data"));
        assertThat(again.exitCode()).isEqualTo(ExitCode.EXISTS);
        assertThat(again.message()).contains("job of data").contains(ONE);
        ok(store(b, job(TWO, "logs")));
        Reply guest =
                a.submitAs(new Caller("eve", Caller.Role.OPERATOR, "test"), new Request.StoreMirrorJob(job(ONE, "x")));
        assertThat(guest.exitCode()).isNotZero();
        assertThat(jobs(a).get(ONE).name()).isEqualTo("job of data");
    }

    /** The newest copy counts wherever it is, also that a job is gone. */
    @Test
    void aServerThatWasAwaySeesWhatChanged() throws Exception {
        ok(store(a, job(ONE, "data")));
        ok(store(a, job(TWO, "logs")));
        cluster.powerCut("B");
        cluster.await("B is away", () -> !a.snapshot().paths().containsValue(true));
        Reply gone = store(a, new MirrorJob(ONE, 1, true, "x", "", List.of()));
        ok(gone);
        assertThat(gone.remarks()).anyMatch(line -> line.contains("B cannot be reached"));
        ok(store(a, jobs(a).get(TWO).withPairs(List.of())));
        cluster.start("B");
        cluster.await(
                "B knows",
                () -> jobs(b).keySet().equals(java.util.Set.of(TWO))
                        && jobs(b).get(TWO).pairs().isEmpty());
    }
}
