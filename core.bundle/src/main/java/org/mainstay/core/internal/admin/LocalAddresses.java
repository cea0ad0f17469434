package org.mainstay.core.internal.admin;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Addresses of this server's interfaces, and the reading of addresses without asking any name service. */
final class LocalAddresses {
    private static final Logger LOG = LoggerFactory.getLogger(LocalAddresses.class);

    private LocalAddresses() {}

    /** Returns the addresses of all interfaces but loopback, without scope ids. */
    static Supplier<List<String>> ofThisMachine() {
        return () -> {
            try {
                return NetworkInterface.networkInterfaces()
                        .flatMap(NetworkInterface::inetAddresses)
                        .filter(address -> !address.isLoopbackAddress())
                        .map(InetAddress::getHostAddress)
                        .map(text -> text.replaceFirst("%.*$", ""))
                        .collect(Collectors.toCollection(TreeSet::new))
                        .stream()
                        .toList();
            } catch (SocketException e) {
                LOG.warn("the addresses of this machine cannot be listed: {}", e.toString());
                return List.of();
            }
        };
    }

    /** Reads an IPv4 or IPv6 address; empty for names and anything else. */
    static Optional<InetAddress> parse(String text) {
        boolean v4 = text.matches("\\d{1,3}(\\.\\d{1,3}){3}");
        boolean v6 = text.indexOf(':') >= 0 && text.matches("[0-9A-Fa-f:.]+");
        if (!v4 && !v6) {
            return Optional.empty();
        }
        try {
            // Such a text is a literal or an error; no name service is asked.
            return Optional.of(InetAddress.getByName(text));
        } catch (UnknownHostException e) {
            LOG.debug("'{}' is no address", text, e);
            return Optional.empty();
        }
    }

    /** Returns whether the text is an address that is on every machine. */
    static boolean isLoopback(String text) {
        return parse(text).filter(InetAddress::isLoopbackAddress).isPresent();
    }

    /** Returns whether two texts are the same address. */
    static boolean same(String left, String right) {
        return parse(left).isPresent() && parse(left).equals(parse(right));
    }
}
