package org.mainstay.comm.internal.net;

import java.time.Duration;
import org.mainstay.comm.internal.session.Limits;

/**
 * Limits in time and number.
 *
 * @param grace how long a session outlives its last connection
 * @param admission time from accepting a connection until it carries a session
 * @param silence a connection on which nothing arrives for that long is closed; pings go out at a third of it. Less than the shipped
 *     QUORUM_LOSS_STOP_SECS: what is committed must reach peers that heartbeats reach within that (docs/safety.md)
 * @param longestRetry longest pause between attempts to connect
 * @param handlerPatience how long messages wait for a handler of their topic
 * @param strangers most connections that have not proved who they are
 * @param strangersPerSource the same per source address
 * @param limits of a session
 */
public record Settings(
        Duration grace,
        Duration admission,
        Duration silence,
        Duration longestRetry,
        Duration handlerPatience,
        int strangers,
        int strangersPerSource,
        Limits limits) {

    public static final Settings DEFAULT = new Settings(
            Duration.ofSeconds(10),
            Duration.ofSeconds(5),
            Duration.ofSeconds(6),
            Duration.ofMillis(500),
            Duration.ofSeconds(10),
            64,
            8,
            Limits.DEFAULT);
}
