package org.mainstay.cluster.lcd;

/**
 * This server's end of a communication path.
 *
 * @param id the same at both ends
 * @param peer the other server
 * @param local this server's address on the path
 * @param remote the peer's address on the path
 * @param priority 1 to 99, lowest is preferred for messages
 * @param intervalMillis heartbeat interval, at least 50
 * @param misses consecutive missed heartbeats after which the path is dead, at least 2
 */
public record CommPath(
        String id, String peer, String local, String remote, int priority, int intervalMillis, int misses) {

    public CommPath {
        if (priority < 1 || priority > 99) {
            throw new IllegalArgumentException("the priority of a path must be 1 to 99, not " + priority);
        }
        if (intervalMillis < 50 || intervalMillis > 15_000) {
            throw new IllegalArgumentException(
                    "the heartbeat interval must be 0.05 to 15 seconds, not " + intervalMillis / 1000.0);
        }
        if (misses < 2 || misses > 99) {
            throw new IllegalArgumentException("the allowed misses must be 2 to 99, not " + misses);
        }
    }

    /** Returns after how long without a heartbeat the path is dead. */
    public long detectionMillis() {
        return (long) intervalMillis * misses;
    }
}
