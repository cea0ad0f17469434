package org.mainstay.cluster;

/**
 * Who asks: from the credentials of the local socket, the console log-in, or the peer that passed the request on.
 *
 * @param user user name
 * @param role what the user may do
 * @param from server and door, such as {@code A bin} or {@code A karaf}
 */
public record Caller(String user, Role role, String from) {

    /** Roles of ADM-010 to ADM-012. */
    public enum Role {
        GUEST,
        OPERATOR,
        ADMINISTRATOR;

        public boolean may(Role needed) {
            return compareTo(needed) >= 0;
        }
    }
}
