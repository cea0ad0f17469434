package org.mainstay.comm.internal.net;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * A way to a peer.
 *
 * @param path id of the comm path; empty for the peer's member address
 * @param local this server's address on it; null where any serves
 * @param remote the peer's address and port
 * @param priority lowest first
 * @param dead whether the guard says so
 */
record Route(String path, InetAddress local, InetSocketAddress remote, int priority, boolean dead) {
    /** Path id of the connection to the member address. */
    static final String BOOTSTRAP = "";

    /** Worse than any path. */
    static final int BOOTSTRAP_PRIORITY = 1000;

    boolean bootstrap() {
        return path.equals(BOOTSTRAP);
    }
}
