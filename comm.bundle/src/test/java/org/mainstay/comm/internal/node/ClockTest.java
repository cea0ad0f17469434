package org.mainstay.comm.internal.node;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.mainstay.comm.internal.net.Settings;

/** Dates in certificates do not matter (design.md section 5). */
class ClockTest {
    @Test
    void expiredCertificatesAndClocksFarInThePastStillConnect() throws Exception {
        try (TestCluster cluster = new TestCluster()) {
            Instant begin = Instant.parse("1980-01-01T00:00:00Z");
            Instant past = Instant.parse("1990-01-01T00:00:00Z");
            TestCluster.Server expired = cluster.add("A", "127.0.5.1", Settings.DEFAULT, begin, past);
            // to a clock in 1970 every certificate looks like this one: not valid yet
            Instant future = Instant.parse("2400-01-01T00:00:00Z");
            Instant later = Instant.parse("2500-01-01T00:00:00Z");
            TestCluster.Server early = cluster.add("B", "127.0.5.2", Settings.DEFAULT, future, later);
            Inspector atA = new Inspector(expired.node, "core");
            Inspector atB = new Inspector(early.node, "core");
            Await.until("both have a session", () -> atA.open("B") && atB.open("A"));
        }
    }
}
