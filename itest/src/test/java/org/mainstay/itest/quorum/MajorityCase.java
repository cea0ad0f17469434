package org.mainstay.itest.quorum;

import java.time.Duration;
import java.util.List;
import org.mainstay.itest.lab.Server;

/** Three or more servers with QUORUM_MODE=majority and WITNESS_MODE=remote_verify. */
abstract class MajorityCase extends QuorumCase {
    @Override
    protected List<String> names() {
        return List.of("A", "B", "C");
    }

    @Override
    List<String> tunables() {
        return List.of(
                "QUORUM_LEASE_SECS=5",
                "QUORUM_LOSS_STOP_SECS=4",
                "QUORUM_QUARANTINE_SECS=3",
                "WITNESS_MODE=remote_verify",
                "QUORUM_MODE=majority");
    }

    /** Longer than a guard takes to start again on a busy machine: its death must not end the lease. */
    @Override
    Duration lease() {
        return Duration.ofSeconds(5);
    }

    @Override
    Duration lossStop() {
        return Duration.ofSeconds(4);
    }

    final Server c() {
        return lab().server("C");
    }
}
