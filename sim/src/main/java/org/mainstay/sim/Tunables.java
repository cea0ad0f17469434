package org.mainstay.sim;

import java.util.Set;
import org.mainstay.core.decision.state.Safety;
import org.mainstay.core.decision.state.Settings;

/** What an administrator changes on one server while it serves; the loss action has one value only. */
enum Tunables {
    USUAL,
    /** Fewer failures are forgiven. */
    STRICT,
    /** The other servers are asked, or not asked any more, before a takeover. */
    OTHER_WITNESS,
    /** {@code QUORUM_LEASE_SECS} is one second less. */
    SHORT_LEASE,
    /** No fencing is configured any more. */
    UNFENCED;

    private static final int SHORTER = 1_000;

    /** Returns how long a lease lasts that usually lasts so long. */
    int lease(int usual) {
        return this == SHORT_LEASE ? usual - SHORTER : usual;
    }

    /** Returns the settings of a manager. */
    Settings of(Plan plan) {
        Settings usual = plan.settings();
        Safety safety = usual.safety();
        return switch (this) {
            case USUAL -> usual;
            case STRICT -> usual.withFailureLimit(2);
            case OTHER_WITNESS ->
                plan.quorum() == Safety.Quorum.MAJORITY
                        ? usual.withSafety(safety.withQuorum(plan.quorum(), other(plan.witness())))
                        : usual;
            case SHORT_LEASE ->
                plan.leased()
                        ? usual.withSafety(
                                safety.withTimes(lease(plan.leaseMillis()), safety.lossStop(), safety.quarantine()))
                        : usual;
            case UNFENCED -> plan.leased() ? usual.withSafety(safety.withFenced(Set.of())) : usual;
        };
    }

    private static Safety.Witness other(Safety.Witness witness) {
        return witness == Safety.Witness.NONE ? Safety.Witness.REMOTE_VERIFY : Safety.Witness.NONE;
    }
}
