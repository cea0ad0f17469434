package org.mainstay.quorum.internal.sight;

import java.net.InetAddress;

/**
 * A way to see whether a machine is there.
 *
 * @param address whom to ask
 * @param port TCP port; 0 = ICMP echo
 */
public record Probe(InetAddress address, int port) {
    static final int ICMP = 0;

    @Override
    public String toString() {
        return port == ICMP
                ? address.getHostAddress() + " (ICMP)"
                : address.getHostAddress() + " (TCP port " + port + ")";
    }
}
