package org.mainstay.itest.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.client.Acknowledgements;
import org.mainstay.itest.fault.FaultCase;
import org.mainstay.itest.fault.LifeSigns;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Cluster;
import org.mainstay.itest.lab.Database;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Server;

/** PostgreSQL on a synchronously mirrored volume: nothing that was acknowledged is lost, nothing stale is started (I6). */
class MirrorIT extends FaultCase {
    private static final String ADDRESS = "10.77.1.100";
    private static final Duration LONG = Duration.ofSeconds(120);
    private static final Duration STEADY = Duration.ofSeconds(15);

    private Acknowledgements client;
    /** What the side of a split wrote alone that was given up later. */
    private Set<Long> givenUp = Set.of();
    /** While both servers run what is wanted because they cannot know better. */
    private volatile boolean split;

    @Override
    protected void formed() {
        // A machine that builds and tests at the same time may need long for a takeover.
        for (Server server : lab().servers()) {
            server.machine()
                    .run(
                            "sh",
                            "-c",
                            "echo MIRROR_CURRENCY_MS=30000 >> \"$1\"",
                            "sh",
                            server.home() + "/etc/default/LifeKeeper")
                    .orThrow();
        }
        Database database = Database.createPrivate(lab(), List.of());
        Cluster.protectMirrored(lab(), database, ADDRESS, "sync");
        // By chance a check of the address would find the cable out, and the one that is cut off would stop, or start
        // again, by itself.
        for (Server server : lab().servers()) {
            server.mainstay("resource", "set", "vip", "quickCheck=3600", "deepCheck=3600");
        }
        client = Acknowledgements.start(lab(), ADDRESS + ":" + Database.PORT);
    }

    @Override
    protected Predicate<String> exclusive() {
        return sign -> !split && super.exclusive().test(sign);
    }

    private Server source() {
        return a().state("pg", "A").equals("ISP") ? a() : b();
    }

    private Server other(Server server) {
        return server == a() ? b() : a();
    }

    private void inStep(Server from) {
        Await.until(
                "the mirror is in step",
                LONG,
                () -> from.inStep("data"),
                () -> from.bin("mainstay", "mirror", "status").output() + a().logs() + b().logs());
    }

    private void serves(Server server) {
        Await.until(
                "pg serves on " + server.name(),
                LONG,
                () -> server.state("pg", server.name()).equals("ISP"),
                () -> server.bin("mainstay", "status").output() + server.logs());
    }

    private void returns(Server server) {
        server.machine().powerOn();
        server.start();
        meet();
    }

    private void nothingIsLost() {
        client.awaitMore(20, LONG);
        assertThat(client.lost()).as("acknowledged rows that are lost").isSubsetOf(givenUp);
    }

    /** A busy engine may not answer in time: then the same is said again, unless it was done all the same. */
    private static void giveUp(Server keeper, Server loser) {
        String[] discard = {"mirror", "discard", "pg", "--on", loser.name(), "--yes"};
        Await.until(
                "the data of " + loser.name() + " is given up",
                LONG,
                () -> keeper.bin("mainstay", discard).exitCode() == 0 || keeper.inStep("data"),
                () -> keeper.bin("mainstay", "mirror", "discard", "pg", "--on", loser.name())
                                .output()
                        + keeper.logs());
    }

    // covers MIR-001
    @Test
    void aPlannedSwitchoverMovesSourceAndTarget() {
        Server giving = source();
        inStep(giving);
        Server taking = other(giving);
        taking.mainstay("resource", "in-service", "pg");
        expect("pg", taking, giving);
        nothingIsLost();
        inStep(taking);
    }

    // covers MIR-133 MIR-153
    @Test
    void aServerWithoutPowerIsReplacedAndReturnsAsTarget() {
        Server victim = source();
        inStep(victim);
        Server survivor = other(victim);
        victim.machine().powerCut();
        serves(survivor);
        nothingIsLost();
        returns(victim);
        expect("pg", survivor, victim);
        inStep(survivor);
        nothingIsLost();
    }

    /** The guard's successor takes over the engine that runs; nothing that is in service notices. */
    @Test
    void theGuardMayDie() {
        Server source = source();
        inStep(source);
        for (Server server : List.of(source, other(source))) {
            List<Long> engine = server.engineProcesses();
            long guard = server.guardProcesses().get(0);
            server.machine().signal(guard, "KILL");
            Await.until(
                    "another guard runs",
                    LIMIT,
                    () -> server.guardProcesses().stream().anyMatch(pid -> pid != guard),
                    server::logs);
            client.awaitMore(20, LONG);
            assertThat(server.engineProcesses()).isEqualTo(engine);
        }
        meet();
        expect("pg", source, other(source));
        nothingIsLost();
        inStep(source);
        // The engine is the new guard's: it is started again when it dies.
        long engine = source.engineProcesses().get(0);
        source.machine().signal(engine, "KILL");
        Await.until(
                "another engine runs",
                LIMIT,
                () -> source.engineProcesses().stream().anyMatch(pid -> pid != engine),
                source::logs);
        client.awaitMore(20, LONG);
        inStep(source);
    }

    /**
     * Without quorum both servers go on. What they wrote apart is never merged by itself: the side that stopped waits for an
     * operator, and does not get into service meanwhile.
     */
    // covers SPLIT-001 SPLIT-002 SPLIT-003 SPLIT-005 SPLIT-011 SPLIT-014
    @Test
    void afterASplitNothingIsOverwrittenBeforeAnOperatorDecides() {
        Server cut = source();
        inStep(cut);
        Server taking = other(cut);
        split = true;
        for (int network = 1; network <= 2; network++) {
            cut.machine().cable(network, false);
        }
        serves(taking);
        client.awaitMore(20, LONG);
        // Waits as long as the other side could count as current, and then goes on.
        cut.machine()
                .run(LONG, List.of("sh", "-c", "date > " + Database.MOUNT + "/alone && sync -f " + Database.MOUNT))
                .orThrow();
        for (int network = 1; network <= 2; network++) {
            cut.machine().cable(network, true);
        }
        meet();
        expect("pg", taking, cut);
        split = false;
        Await.until(
                "the split is noticed",
                LONG,
                () -> taking.bin("mainstay", "mirror", "status", "data", "--json")
                        .output()
                        .contains("SPLIT_BRAIN"),
                () -> taking.bin("mainstay", "mirror", "status").output() + taking.logs() + cut.logs());
        // Between the end of the cut and its own, the older owner may have answered clients.
        client.awaitMore(20, LONG);
        givenUp = client.lost();
        cut.bin("mainstay", "resource", "in-service", "pg");
        expect("pg", taking, cut);
        assertThat(taking.inStep("data")).isFalse();
        nothingIsLost();

        String[] discard = {"mirror", "discard", "pg", "--on", cut.name()};
        Await.until(
                "it is said what would be lost",
                LONG,
                () -> taking.bin("mainstay", discard)
                        .output()
                        .contains("LOST: what only " + cut.name() + " wrote to data"),
                () -> taking.bin("mainstay", discard).output());
        assertThat(taking.bin("mainstay", discard).exitCode()).isNotZero();
        assertThat(taking.inStep("data")).isFalse();
        giveUp(taking, cut);
        inStep(taking);
        nothingIsLost();
        cut.mainstay("resource", "in-service", "pg");
        expect("pg", cut, taking);
        nothingIsLost();
        inStep(cut);
    }

    // covers MIR-196 MIR-017
    @Test
    void engineAndManagerMayDie() {
        Server source = source();
        inStep(source);
        for (Server server : List.of(source, other(source))) {
            long engine = server.engineProcesses().get(0);
            server.machine().signal(engine, "KILL");
            Await.until(
                    "another engine runs",
                    LIMIT,
                    () -> server.engineProcesses().stream().anyMatch(pid -> pid != engine));
            client.awaitMore(20, LONG);
            inStep(source);
        }
        long manager = source.managerProcesses().get(0);
        source.machine().signal(manager, "KILL");
        source.machine().signal(source.engineProcesses().get(0), "KILL");
        Await.until(
                "the manager runs again",
                LONG,
                () -> source.managerProcesses().stream().anyMatch(pid -> pid != manager)
                        && source.state("pg", source.name()).equals("ISP"),
                source::logs);
        expect("pg", source, other(source));
        nothingIsLost();
        inStep(source);
    }

    /** B off, A alone, A dies, B boots: B's data is old, and nothing may be started from it. */
    @Test
    void aTargetThatMissedSomethingIsNotStarted() {
        Server alone = source();
        inStep(alone);
        Server stale = other(alone);
        leftBehind(stale, alone);
        long until = System.nanoTime() + STEADY.toNanos();
        while (System.nanoTime() < until) {
            assertThat(LifeSigns.of(stale.machine())).noneMatch(sign -> sign.startsWith("mount /opt/mainstay"));
            Await.pass(Duration.ofMillis(200));
        }
        Exec.Result refused = stale.bin("mainstay", "resource", "in-service", "pg");
        assertThat(refused.exitCode()).as(refused.output()).isNotZero();
        assertThat(refused.output()).contains("mainstay mirror force data --on " + stale.name());

        returns(alone);
        serves(alone);
        nothingIsLost();
        inStep(alone);
        expect("pg", alone, stale);
    }

    /** One server is off while the other goes on alone, which then loses power; the first returns and is refused. */
    private void leftBehind(Server stale, Server alone) {
        stale.machine().powerCut();
        client.awaitMore(50, LONG);
        alone.machine().powerCut();
        stale.machine().powerOn();
        stale.start();
        Await.until(
                "it was tried and refused",
                LONG,
                () -> stale.bin("mainstay", "status").output().contains("may be old")
                        || stale.bin("mainstay", "events").output().contains("may be old"),
                () -> stale.bin("mainstay", "status").output() + stale.logs());
    }

    /** An operator may use old data, and then decides once more before what the other server wrote is overwritten. */
    @Test
    void oldDataThatIsForcedUpReplacesNothingByItself() {
        Server alone = source();
        inStep(alone);
        Server stale = other(alone);
        leftBehind(stale, alone);

        stale.mainstay("mirror", "force", "data", "--on", stale.name());
        stale.mainstay("resource", "in-service", "pg");
        serves(stale);
        client.awaitMore(20, LONG);
        givenUp = client.lost();
        assertThat(givenUp).as("what only the other server had").isNotEmpty();

        returns(alone);
        expect("pg", stale, alone);
        Await.until(
                "the split is noticed",
                LONG,
                () -> stale.bin("mainstay", "mirror", "status", "data", "--json")
                        .output()
                        .contains("SPLIT_BRAIN"),
                () -> stale.bin("mainstay", "mirror", "status").output() + stale.logs() + alone.logs());
        nothingIsLost();
        giveUp(stale, alone);
        inStep(stale);
        nothingIsLost();
    }
}
