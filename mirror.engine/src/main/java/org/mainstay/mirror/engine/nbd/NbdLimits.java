package org.mainstay.mirror.engine.nbd;

import java.time.Duration;

/**
 * What clients may use up.
 *
 * @param connections connections in use at one time
 * @param handshakes connections that have not chosen an export yet; further ones are closed at once
 * @param handshakeTime how long choosing may take
 * @param stalledWrite how long a client may leave an answer unread before it is disconnected
 * @param requests requests in flight per connection; further ones wait in the socket
 * @param exportNames whether OPT_LIST is answered
 */
public record NbdLimits(
        int connections,
        int handshakes,
        Duration handshakeTime,
        Duration stalledWrite,
        int requests,
        boolean exportNames) {
    /** What the product ships. */
    public static final NbdLimits DEFAULT =
            new NbdLimits(256, 32, Duration.ofSeconds(10), Duration.ofSeconds(30), 256, true);
}
