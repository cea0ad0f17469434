package org.mainstay.cluster.lcd;

/**
 * This server's end of a communication path.
 *
 * @param id the same at both ends
 * @param peer the other server
 * @param local this server's address on the path; of a shared-disk path (COMM-020) the absolute path of the device, the same as
 *     {@code remote}
 * @param remote the peer's address on the path; of a shared-disk path the device
 * @param priority 1 to 99, lowest is preferred for messages
 * @param intervalMillis heartbeat interval, at least 50
 * @param misses consecutive missed heartbeats after which the path is dead, at least 2
 */
public record CommPath(
        String id, String peer, String local, String remote, int priority, int intervalMillis, int misses) {

    /** Smallest priority of shared-disk paths if none is chosen (COMM-010). */
    public static final int DISK_PRIORITY = 61;

    /** A heartbeat over a disk is polled for, so fewer misses would be no heartbeat lost at all (ADM-402). */
    private static final int DISK_MISSES = 3;

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
        if (disk(local) != disk(remote) || disk(local) && !local.equals(remote)) {
            throw new IllegalArgumentException(
                    "a shared-disk path has the same device at both ends, not " + local + " and " + remote);
        }
        if (disk(local) && misses < DISK_MISSES) {
            throw new IllegalArgumentException(
                    "the allowed misses of a shared-disk path must be 3 to 99, not " + misses);
        }
    }

    /** Returns whether this is a shared-disk path: heartbeats only, never messages (COMM-014). */
    public boolean disk() {
        return disk(local);
    }

    /** Returns the device of a shared-disk path. */
    public String device() {
        return local;
    }

    /** Returns whether an end of a path is a device, not an address. */
    public static boolean disk(String end) {
        return end.startsWith("/");
    }

    /** Returns after how long without a heartbeat the path is dead. */
    public long detectionMillis() {
        return (long) intervalMillis * misses;
    }
}
