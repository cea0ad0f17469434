package org.mainstay.itest.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.fault.App;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Etcd;

/** Two servers with QUORUM_MODE=etcd, and a real etcd on a third machine that all networks reach. */
class EtcdIT extends WitnessCase {
    /** How late a server may learn that a key is gone: it renews its own and looks four times per lease. */
    private static final Duration LOOK = Duration.ofMillis(1_250);

    @BeforeAll
    static void possible() {
        Assumptions.assumeTrue(Etcd.installed(), "needs /usr/bin/etcd (Debian package etcd-server)");
    }

    @Override
    List<String> tunables() {
        return List.of(
                "QUORUM_ETCD_ENDPOINTS=" + Etcd.URL,
                "QUORUM_LEASE_SECS=5",
                "QUORUM_LOSS_STOP_SECS=4",
                "QUORUM_QUARANTINE_SECS=3",
                "WITNESS_MODE=etcd",
                "QUORUM_MODE=etcd");
    }

    @Override
    Duration lease() {
        return Duration.ofSeconds(5);
    }

    @Override
    Duration lossStop() {
        return Duration.ofSeconds(4);
    }

    @Override
    protected void formed() {
        Etcd.start(lab());
        super.formed();
        lab().servers().forEach(server -> awaitRight(server, "held"));
        // What was granted while a server had the shipped times still is waited for.
        Await.pass(SHIPPED_LAPSE);
    }

    @Override
    void withinFormula(Duration took) {
        between(
                "etcd",
                took,
                lapse().minus(LOOK.multipliedBy(2)),
                lapse().plus(LOOK).plusSeconds(1));
    }

    @Test
    @Order(1)
    void theServersLoseEachOtherButNotTheWitness() {
        App app = protect("paths");
        Set<Long> processes = app.processes(a());
        deafen(a(), true);
        awaitServer(b(), a(), "DEAD");
        Await.pass(lapse().plus(LOOK.multipliedBy(2)));
        awaitRight(a(), "held");
        awaitRight(b(), "held");
        assertThat(app.processes(a())).isEqualTo(processes);
        assertThat(app.count(b(), "restore", "begin")).isZero();
        undeafen(a());
        meet();
        expect("paths", a(), b());
        retire(app);
    }
}
