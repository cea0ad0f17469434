package org.mainstay.cluster.lcd;

/**
 * Failover restrictions set on this server against another (ADM-071 to ADM-073).
 *
 * @param server the other server
 * @param noSystemFailover it is not used as backup when this server fails completely
 * @param noResourceFailover it is not used as backup when a hierarchy of this server fails; requires the former
 */
public record Restriction(String server, boolean noSystemFailover, boolean noResourceFailover) {
    public Restriction {
        if (noResourceFailover && !noSystemFailover) {
            throw new IllegalArgumentException(
                    "resource failover to " + server + " can be disabled only if system failover is disabled too");
        }
    }
}
