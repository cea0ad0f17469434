package org.mainstay.core.decision.rule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.MirrorJob;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.state.Settings;
import org.mainstay.core.decision.world.Server;
import org.mainstay.core.decision.world.World;

/** Whoever copies a job looked at the databases some time before it is committed: the newer copy stays (EMC-024). */
class JobCopiesTest {
    private static final String ID = "11111111-2222-3333-4444-555555555555";

    private static LcdChange<?> job(long revision) {
        return LcdChange.put(LcdSection.JOBS, ID, new MirrorJob(ID, revision, false, "data", "", List.of()));
    }

    private static Optional<Long> revision(Lcd lcd) {
        return lcd.row(LcdSection.JOBS, ID).map(MirrorJob::revision);
    }

    @Test
    void anOlderCopyIsNotPutOverANewerOne() {
        World world = new World(1, true, Settings.DEFAULT);
        Server server = world.add("A");
        server.powerOn();
        run(world);
        for (long given : List.of(1L, 3L, 2L)) {
            server.request("mirror", new ServiceRequest.ChangeOwn("from other servers", List.of(job(given))));
            run(world);
        }
        assertThat(revision(server.disk())).contains(3L);
        server.request("operator", new ServiceRequest.ChangeOwn("by hand", List.of(job(4))));
        run(world);
        assertThat(revision(server.disk())).contains(4L);
    }

    private static void run(World world) {
        long end = world.now() + 30_000;
        boolean more = true;
        while (more) {
            more = world.step(end);
        }
    }

    @Test
    void norByAnOperationThatEndsLate() {
        Lcd lcd = Lcd.empty("A", 1).apply(List.of(job(3)));
        assertThat(revision(Changes.apply(lcd, List.of(job(2))))).contains(3L);
        assertThat(revision(Changes.apply(lcd, List.of(job(4))))).contains(4L);
    }
}
