package org.mainstay.kit;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** Addresses, interfaces and reachability of this machine. */
@ProviderType
public interface HostNetwork {

    /**
     * A network interface.
     *
     * @param name such as {@code eth0}
     * @param addresses its addresses
     * @param up whether it is administratively up
     * @param carrier whether its link is up
     */
    record Interface(String name, List<InterfaceAddress> addresses, boolean up, boolean carrier) {
        public Interface {
            addresses = List.copyOf(addresses);
        }
    }

    /**
     * An address on an interface.
     *
     * @param address without scope id
     * @param prefixLength 0 to 32 or 128
     */
    record InterfaceAddress(InetAddress address, int prefixLength) {}

    /** Returns all interfaces but loopback. */
    List<Interface> interfaces();

    /** Puts the address on the interface; succeeds if it is there already. IPv6 addresses are usable at once (no DAD wait). */
    Outcome addAddress(String networkInterface, InetAddress address, int prefixLength);

    /** Takes the address off the interface; succeeds if it is not there. */
    Outcome removeAddress(String networkInterface, InetAddress address, int prefixLength);

    /**
     * Tells the neighbours where the address is now: gratuitous ARP or unsolicited neighbour advertisement.
     *
     * @param times how often; the repetitions go on in the background, one a second
     */
    Outcome announce(String networkInterface, InetAddress address, int times);

    /**
     * Asks the link whether somebody else uses the address (RFC 5227 probe, RFC 4862 duplicate address detection).
     *
     * @param wait how long to listen for an answer
     * @return the hardware address that answered, or an empty string if nobody did
     */
    String findDuplicate(String networkInterface, InetAddress address, Duration wait);

    /** Sends an ICMP echo from the given local address. @return whether an answer came within the time */
    boolean ping(InetAddress from, InetAddress to, Duration wait);
}
