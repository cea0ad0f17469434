package org.mainstay.core.internal.lcd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.MirrorJob;

/**
 * A server that does not know jobs of mirrors yet is given some by the others, keeps them through restarts, and has them when it is
 * upgraded itself. Its release is this one, for which the section has a name that it does not know.
 */
class RollingUpgradeTest {
    private static final String KNOWN = "\"jobs\"";
    private static final String NOT_KNOWN = "\"jobs of a later release\"";
    private static final String ID = "11111111-2222-3333-4444-555555555555";

    @TempDir
    Path data;

    private static MirrorJob job(long revision) {
        MirrorJob.Pair pair = new MirrorJob.Pair(
                new MirrorJob.End("A", "data", "10.0.0.1"),
                new MirrorJob.End("B", "data", "10.0.0.2"),
                MirrorJob.Type.A);
        return new MirrorJob(ID, revision, false, "data", "of A", List.of(pair));
    }

    /** What the others send when a job is stored. */
    private static List<LcdChange<?>> received(MirrorJob job) {
        String sent = new LcdCodec().encodeChanges(List.of(LcdChange.put(LcdSection.JOBS, ID, job)));
        assertThat(sent).contains(KNOWN);
        return Samples.CODEC.decodeChanges(sent.replace(KNOWN, NOT_KNOWN));
    }

    private static void take(LcdStore store, MirrorJob job) throws IOException {
        Samples.commit(store, store.own().apply(received(job)).committed());
    }

    private LcdStore open() throws IOException {
        return LcdStore.open(data, new LcdCodec(), "A");
    }

    @Test
    void jobsPassAServerThatDoesNotKnowThem() throws IOException {
        LcdStore.create(data, Samples.own(), Samples.ORIGIN);
        try (LcdStore store = open()) {
            take(store, job(1));
            take(store, job(2));
        }
        Lcd kept;
        try (LcdStore store = open()) {
            Samples.commit(store, Samples.next(store.own()));
            kept = store.own();
        }
        assertThat(kept.rows(LcdSection.JOBS)).as("it is not known here").isEmpty();
        String file = new LcdCodec().encode(kept);
        assertThat(file).contains(NOT_KNOWN);
        Lcd upgraded = new LcdCodec().decode(file.replace(NOT_KNOWN, KNOWN));
        assertThat(upgraded.row(LcdSection.JOBS, ID)).contains(job(2));
    }
}
