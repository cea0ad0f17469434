package org.mainstay.itest.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.mainstay.itest.client.Acknowledgements;
import org.mainstay.itest.fault.App;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Cluster;
import org.mainstay.itest.lab.Database;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Server;

/** Three servers with QUORUM_MODE=majority and WITNESS_MODE=remote_verify. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MajorityIT extends MajorityCase {
    private static final String ADDRESS = "10.77.1.100";

    /** Quorum is switched on while a resource runs: that does not notice. */
    @Override
    protected void formed() {
        App app = App.write(lab(), "early");
        app.protect(a(), List.of(b(), c()));
        Set<Long> processes = app.processes(a());
        super.formed();
        lab().servers().forEach(server -> awaitRight(server, "held"));
        expect("early", a(), b(), c());
        assertThat(app.processes(a())).as("what runs is not disturbed").isEqualTo(processes);
        retire(app);
        // What was granted while a server had the shipped times still is waited for.
        Await.pass(SHIPPED_LAPSE);
    }

    /** Waits until one of the others serves and returns how long that took. */
    private Duration awaitTakeover(App app, long start) {
        Await.until(
                app.tag() + " is taken over",
                LIMIT,
                () -> app.count(b(), "restore", "end") + app.count(c(), "restore", "end") > 0,
                () -> b().bin("mainstay", "status").output() + b().logs() + c().logs());
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private void withinFormula(Duration took) {
        Duration heartbeat = Duration.ofMillis(200);
        // Grantors count from what they heard last: up to the detection time before the fault if a process stood still
        // just then.
        between(
                "majority",
                took,
                lapse().minus(heartbeat.multipliedBy(5)),
                lapse().plus(heartbeat).plusSeconds(1));
    }

    /** Waits until all is well again with the resource on the server that took it. */
    private void rejoined(App app) {
        Server owner = awaitOwner(app.tag(), b(), c());
        meet();
        expect(app.tag(), owner, a(), owner == b() ? c() : b());
        assertThat(app.processes(a())).isEmpty();
        retire(app);
    }

    @Test
    @Order(3)
    void theOwnerLosesItsPower() {
        App app = protect("power");
        long start = System.nanoTime();
        a().machine().powerCut();

        withinFormula(awaitTakeover(app, start));

        a().machine().powerOn();
        a().start();
        rejoined(app);
    }

    // covers QUO-074
    @Test
    @Order(4)
    void theCutOffOwnerStopsAndAnotherOneTakesOver() {
        App app = protect("isolated");
        long start = System.nanoTime();
        cables(a(), false);

        assertThat(awaitStopped(app, a(), start))
                .isLessThan(lease().plus(lossStop()).plus(MEASURING));
        withinFormula(awaitTakeover(app, start));

        cables(a(), true);
        rejoined(app);
    }

    /** The manager is dead when the lease ends: the guard alone ends what runs, half of S after the lease. */
    @Test
    @Order(5)
    void theGuardOfACutOffOwnerStopsItWithoutAManager() {
        App app = protect("unmanaged");
        app.hold("remove", a());
        long start = System.nanoTime();
        cables(a(), false);
        a().managerProcesses().forEach(pid -> a().machine().signal(pid, "KILL"));

        assertThat(awaitStopped(app, a(), start))
                .isLessThan(lease().plus(lossStop()).plus(MEASURING));
        awaitTakeover(app, start);

        app.let("remove", a());
        cables(a(), true);
        rejoined(app);
    }

    /** The owner hears nobody but is heard: its requests come, and must not keep its lease alive. */
    @Test
    @Order(6)
    void theOwnerThatHearsNobodyStops() {
        App app = protect("deaf");
        long start = System.nanoTime();
        deafen(a(), false);

        assertThat(awaitStopped(app, a(), start))
                .isLessThan(lease().plus(lossStop()).plus(MEASURING));
        awaitTakeover(app, start);

        undeafen(a());
        rejoined(app);
    }

    // covers COMM-037
    @Test
    @Order(1)
    void oneNetworkOfTwoDiesAndNothingMoves() {
        App app = protect("onenet");
        Set<Long> processes = app.processes(a());
        a().machine().cable(1, false);
        Await.pass(lapse().plus(MEASURING));
        awaitRight(a(), "held");
        expect("onenet", a(), b(), c());
        assertThat(app.processes(a())).isEqualTo(processes);
        a().machine().cable(1, true);
        meet();
        assertThat(app.count(b(), "restore", "begin") + app.count(c(), "restore", "begin"))
                .isZero();
        retire(app);
    }

    @Test
    @Order(2)
    void managersAndGuardsDieAndNothingMoves() {
        App app = protect("killed");
        Set<Long> processes = app.processes(a());
        killed(a().managerProcesses(), () -> a().managerProcesses());
        killed(a().guardProcesses(), () -> a().guardProcesses());
        meet();
        awaitRight(a(), "held");
        expect("killed", a(), b(), c());
        assertThat(app.processes(a())).as("neither death disturbs what runs").isEqualTo(processes);
        b().mainstay("resource", "in-service", "killed");
        expect("killed", b(), a(), c());
        retire(app);
    }

    private void killed(List<Long> old, java.util.function.Supplier<List<Long>> now) {
        assertThat(old).hasSize(1);
        a().machine().signal(old.get(0), "KILL");
        Await.until(
                "a new one runs",
                LIMIT,
                () -> now.get().stream().anyMatch(pid -> !old.contains(pid)),
                () -> a().logs());
        meet();
    }

    /** All servers lose their power; the first one back is a minority and starts nothing (QUO-051). */
    // covers QUO-002 QUO-051
    @Test
    @Order(7)
    void aMinorityStartsNothingAndAMajorityDoes() {
        App app = protect("minority");
        lab().servers().forEach(server -> server.machine().powerCut());
        long before = app.count(a(), "restore", "begin");

        a().machine().powerOn();
        a().start();
        Await.until(
                "A waits for the right to run",
                LIMIT,
                () -> "lost".equals(text(quorum(a()), "right")),
                () -> a().bin("mainstay", "quorum", "status").output());
        Exec.Result refused = a().bin("mainstay", "resource", "in-service", "minority");
        assertThat(refused.exitCode()).as(refused.output()).isNotZero();
        assertThat(app.count(a(), "restore", "begin")).isEqualTo(before);

        b().machine().powerOn();
        b().start();
        awaitOwner("minority", a(), b());
        c().machine().powerOn();
        c().start();
        meet();
        retire(app);
    }

    /** The owner of a database loses its peers but not its client, which writes on until the lease ends: no write is lost. */
    @Test
    @Order(8)
    void noAcknowledgedWriteIsLostWhenTheOwnerIsCutOffFromItsPeersOnly() {
        Database database = Database.create(lab(), a().machine(), List.of());
        Cluster.protectDatabase(lab(), database, ADDRESS);
        expect("pg", a(), b(), c());
        try (Acknowledgements client = Acknowledgements.start(lab(), ADDRESS + ":" + Database.PORT)) {
            client.awaitMore(20, LIMIT);
            deafen(a(), true);
            Await.until(
                    "PostgreSQL has another owner",
                    LIMIT,
                    () -> b().state("pg", "B").equals("ISP")
                            || c().state("pg", "C").equals("ISP"),
                    () -> a().logs() + b().logs() + c().logs());
            client.awaitMore(50, LIMIT);
            undeafen(a());
            meet();
            client.awaitMore(50, LIMIT);
            assertThat(client.lost()).isEmpty();
        }
        a().mainstay("resource", "delete", "pg", "--stop");
    }
}
