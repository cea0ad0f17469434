package org.mainstay.itest.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.fault.App;
import org.mainstay.itest.lab.Server;

/** A resource whose kit was uninstalled is stopped by its kill handles when its server loses the right to run (I8). */
class KitlessIT extends MajorityCase {
    @Test
    void withoutItsKitACutOffServerStopsWhatItRuns() {
        lab().servers().forEach(server -> awaitRight(server, "held"));
        Server c = c();
        App app = App.write(lab(), "kitless");
        app.protect(a(), List.of(b(), c));
        expect("kitless", a(), b(), c);
        Set<Long> processes = app.processes(a());
        a().mainstay("kit", "remove", "app", "--force");
        assertThat(a().mainstay("status")).contains("kitless on A: its kit gen/app is not installed here");
        assertThat(app.processes(a())).as("removing the kit touches nothing").isEqualTo(processes);

        long start = System.nanoTime();
        cables(a(), false);
        Duration took = awaitStopped(app, a(), start);
        assertThat(took).isLessThan(lease().plus(lossStop()).plus(MEASURING));
        assertThat(app.count(a(), "remove", "begin"))
                .as("the kit was not there to be asked")
                .isZero();
        Server owner = awaitOwner("kitless", b(), c);

        cables(a(), true);
        a().mainstay("kit", "install", "app");
        meet();
        expect("kitless", owner, a(), owner == b() ? c : b());
        assertThat(app.processes(a())).isEmpty();
        owner.mainstay("resource", "delete", "kitless", "--stop");
    }
}
