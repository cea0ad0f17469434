package org.mainstay.core.decision.state;

/**
 * Tunables of the decision core, all times in milliseconds.
 *
 * @param startWait how long a starting server waits for servers it shares resources with; 0 = detection time + 10 s
 * @param reservationWait how long an operation waits for resources another one has reserved (CMD-392)
 * @param failureLimit failovers because of failures on one server after which it is not used for the hierarchy any more
 * @param failureReset time in service after which the failures of a resource are forgotten
 * @param stopDrain how long stopping waits for running operations before their actions are cancelled
 * @param persistRetry how long after a failed commit it is tried again
 * @param defaultDetection detection time for a peer without comm path
 * @param safety what keeps a resource from running twice
 */
public record Settings(
        long startWait,
        long reservationWait,
        int failureLimit,
        long failureReset,
        long stopDrain,
        long persistRetry,
        long defaultDetection,
        Safety safety) {

    public static final Settings DEFAULT = new Settings(0, 300_000, 3, 3_600_000, 60_000, 2_000, 3_000, Safety.NONE);

    public Settings {
        if (startWait < 0 || reservationWait < 0 || failureReset < 1 || stopDrain < 0 || persistRetry < 1) {
            throw new IllegalArgumentException("times must not be negative");
        }
        if (failureLimit < 1) {
            throw new IllegalArgumentException("the failure limit must be at least 1, not " + failureLimit);
        }
        if (defaultDetection < 1) {
            throw new IllegalArgumentException("the detection time must be at least 1 ms, not " + defaultDetection);
        }
    }

    public Settings withFailureLimit(int value) {
        return new Settings(
                startWait, reservationWait, value, failureReset, stopDrain, persistRetry, defaultDetection, safety);
    }

    public Settings withStartWait(long value) {
        return new Settings(
                value, reservationWait, failureLimit, failureReset, stopDrain, persistRetry, defaultDetection, safety);
    }

    public Settings withReservationWait(long value) {
        return new Settings(
                startWait, value, failureLimit, failureReset, stopDrain, persistRetry, defaultDetection, safety);
    }

    public Settings withSafety(Safety value) {
        return new Settings(
                startWait,
                reservationWait,
                failureLimit,
                failureReset,
                stopDrain,
                persistRetry,
                defaultDetection,
                value);
    }
}
