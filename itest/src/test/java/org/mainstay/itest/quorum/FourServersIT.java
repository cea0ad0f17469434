package org.mainstay.itest.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.client.Acknowledgements;
import org.mainstay.itest.fault.App;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Cluster;
import org.mainstay.itest.lab.Database;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Server;

/** Four servers in mode majority: three are needed, so no half of the cluster has the right to run (QUO-040). */
class FourServersIT extends MajorityCase {
    private static final String ADDRESS = "10.77.1.100";

    @Override
    protected List<String> names() {
        return List.of("A", "B", "C", "D");
    }

    private Server d() {
        return lab().server("D");
    }

    /** Cuts all that one half says to the other. */
    private void part(List<Server> half, List<Server> others) {
        for (Server server : half) {
            drop(server, others);
        }
        for (Server server : others) {
            drop(server, half);
        }
    }

    private void join() {
        lab().servers().forEach(QuorumCase::undeafen);
    }

    /** The owner of a database, its client on its side: it stops within L + S, nobody else starts, and no row is lost. */
    // covers QUO-040
    @Test
    void neitherHalfRuns() {
        Database database = Database.create(lab(), a().machine(), List.of());
        Cluster.protectDatabase(lab(), database, ADDRESS);
        expect("pg", a(), b(), c(), d());
        lab().servers().forEach(server -> awaitRight(server, "held"));
        try (Acknowledgements client = Acknowledgements.start(lab(), ADDRESS + ":" + Database.PORT)) {
            client.awaitMore(20, LIMIT);
            part(List.of(a(), b()), List.of(c(), d()));
            lab().servers().forEach(server -> awaitRight(server, "lost"));
            a().await("pg", "A", "OSU", LIMIT);
            // as long as it would take one that believed in its half
            Await.pass(lapse().plus(MEASURING));
            for (Server server : lab().servers()) {
                assertThat(server.state("pg", server.name()))
                        .as("pg on " + server.name())
                        .isEqualTo("OSU");
            }
            Exec.Result refused = c().bin("mainstay", "resource", "in-service", "pg");
            assertThat(refused.exitCode()).as(refused.output()).isNotZero();

            join();
            meet();
            awaitOwner("pg", a(), b(), c(), d());
            client.awaitMore(50, LIMIT);
            assertThat(client.lost()).isEmpty();
        }
        a().mainstay("resource", "delete", "pg", "--stop");
    }

    /** One and one: three of four go on, and take over what the fourth had. A second failure stops what runs. */
    @Test
    void threeGoOnAndTwoDoNot() {
        App app = protect("third");
        long start = System.nanoTime();
        cables(a(), false);
        Server second = awaitOwner("third", b(), c(), d());
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(lapse().minus(Duration.ofSeconds(2)));
        awaitStopped(app, a(), start);

        start = System.nanoTime();
        cables(second, false);
        awaitStopped(app, second, start);
        List<Server> left = lab().servers().stream()
                .filter(server -> server != a() && server != second)
                .toList();
        left.forEach(server -> awaitRight(server, "lost"));
        Await.pass(lapse());
        left.forEach(server -> assertThat(app.processes(server)).isEmpty());

        cables(a(), true);
        awaitOwner("third", left.get(0), left.get(1), a());
        cables(second, true);
        meet();
        awaitOwner("third", a(), b(), c(), d());
        retire(app);
    }

    /**
     * The owner stands still for longer than L + S, as a suspended virtual machine. No software can end what ran there before it goes
     * on; from then on it is ended within S, nothing is started, and its manager acts on nothing it had decided before.
     */
    @Test
    void anOwnerThatStoodStillStopsBeforeAnythingElse() {
        App app = protect("frozen");
        Set<Long> processes = app.processes(a());
        long restored = app.count(a(), "restore", "begin");
        watcher().tolerate(app.sign());
        a().machine().freeze(true);
        Server owner = awaitOwner("frozen", b(), c(), d());
        assertThat(app.processes(a())).isEqualTo(processes);

        long start = System.nanoTime();
        a().machine().freeze(false);
        assertThat(awaitStopped(app, a(), start)).isLessThan(lossStop().plus(MEASURING));
        watcher().tolerate("");
        meet();
        Server[] standbys =
                lab().servers().stream().filter(server -> server != owner).toArray(Server[]::new);
        expect("frozen", owner, standbys);
        assertThat(app.count(a(), "restore", "begin")).as("restores on A").isEqualTo(restored);
        retire(app);
    }
}
