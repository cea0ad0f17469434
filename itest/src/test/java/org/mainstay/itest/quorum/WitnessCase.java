package org.mainstay.itest.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.mainstay.itest.fault.App;
import org.mainstay.itest.lab.Server;

/** Two servers and a witness: what must happen whatever the witness is. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class WitnessCase extends QuorumCase {
    /** Fails if a takeover after a loss of power was sooner or later than promised. */
    abstract void withinFormula(Duration took);

    /** Switches a machine on; it finds the witness again. */
    void back(Server server) {
        server.machine().powerOn();
        server.start();
    }

    /** Takes a server's peer and witness away. */
    void cutOff(Server server) {
        cables(server, false);
    }

    void reconnect(Server server) {
        cables(server, true);
    }

    /** The other one learns it from the witness (QUO-101 where that is storage). */
    @Test
    @Order(2)
    void theOwnerLosesItsPower() {
        App app = protect("power");
        long start = System.nanoTime();
        a().machine().powerCut();
        app.awaitStep(b(), "restore", "end", 0);
        withinFormula(Duration.ofNanos(System.nanoTime() - start));

        back(a());
        meet();
        expect("power", b(), a());
        retire(app);
    }

    /** It stops in time, and the other one takes over (QUO-104 where the witness is storage). */
    @Test
    @Order(3)
    void theOwnerIsCutOffFromPeerAndWitness() {
        App app = protect("isolated");
        long start = System.nanoTime();
        cutOff(a());
        assertThat(awaitStopped(app, a(), start))
                .isLessThan(lease().plus(lossStop()).plus(MEASURING));
        app.awaitStep(b(), "restore", "end", 0);

        reconnect(a());
        meet();
        expect("isolated", b(), a());
        retire(app);
    }

    /** The site's power fails, and the server that had it does not come back: the other one serves alone. */
    @Test
    @Order(4)
    void bothLoseTheirPowerAndTheOtherOneReturns() {
        App app = protect("site");
        long before = app.count(b(), "restore", "end");
        lab().servers().forEach(server -> server.machine().powerCut());
        back(b());
        app.awaitStep(b(), "restore", "end", before);

        back(a());
        meet();
        expect("site", b(), a());
        retire(app);
    }
}
