package org.mainstay.kit.share.internal;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.mainstay.kit.Host;
import org.mainstay.kit.HostNetwork.Interface;
import org.mainstay.kit.HostNetwork.InterfaceAddress;

/** Where smbd can be asked on this machine if it listens on chosen interfaces only. */
final class ListenAddress {
    static final String LOOPBACK = "127.0.0.1";

    private static final Pattern SEPARATORS = Pattern.compile("[\\s,\"]+");

    private ListenAddress() {}

    /**
     * Returns the address to ask: of loopback if that is among the interfaces, else of the first of them that has one.
     *
     * @param interfaces as in smb.conf: names, which may hold wild cards, addresses, and networks
     */
    static String of(String interfaces, Host host) {
        List<String> entries = SEPARATORS
                .splitAsStream(interfaces)
                .map(entry -> entry.replaceFirst(";.*", ""))
                .filter(entry -> !entry.isBlank())
                .toList();
        if (entries.stream().anyMatch(entry -> entry.equals("lo") || entry.startsWith("127."))) {
            return LOOPBACK;
        }
        List<Interface> present = host.network().interfaces();
        return entries.stream()
                .flatMap(entry -> find(entry, present).stream())
                .findFirst()
                .orElse(LOOPBACK);
    }

    private static Optional<String> find(String entry, List<Interface> present) {
        String[] parts = entry.split("/", 2);
        Optional<InetAddress> literal = literal(parts[0]);
        if (literal.isEmpty()) {
            Pattern names = Pattern.compile(
                    Pattern.quote(entry).replace("*", "\\E.*\\Q").replace("?", "\\E.\\Q"));
            return addresses(present.stream()
                            .filter(one -> names.matcher(one.name()).matches()))
                    .findFirst()
                    .map(InetAddress::getHostAddress);
        }
        int prefix = parts.length == 2 && parts[1].matches("\\d{1,3}") ? Integer.parseInt(parts[1]) : -1;
        // an address with a length may stand for whatever this machine has in that network
        Optional<InetAddress> own = prefix < 0
                ? Optional.empty()
                : addresses(present.stream())
                        .filter(one -> !one.equals(literal.get()) && sameNetwork(one, literal.get(), prefix))
                        .findFirst();
        boolean here = addresses(present.stream()).anyMatch(literal.get()::equals);
        return Optional.of(here ? literal.get() : own.orElse(literal.get())).map(InetAddress::getHostAddress);
    }

    private static Stream<InetAddress> addresses(Stream<Interface> interfaces) {
        // an address of the link alone needs a scope, which a share's name has no place for
        return interfaces
                .flatMap(one -> one.addresses().stream())
                .map(InterfaceAddress::address)
                .filter(address -> !address.isLinkLocalAddress());
    }

    private static boolean sameNetwork(InetAddress a, InetAddress b, int prefix) {
        int bits = a.getAddress().length * 8;
        return b.getAddress().length * 8 == bits
                && prefix <= bits
                && new BigInteger(1, a.getAddress())
                        .shiftRight(bits - prefix)
                        .equals(new BigInteger(1, b.getAddress()).shiftRight(bits - prefix));
    }

    /** Never asks a name server. */
    private static Optional<InetAddress> literal(String text) {
        if (!text.matches("[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.getByName(text));
        } catch (UnknownHostException e) {
            // not an address after all
            return Optional.empty();
        }
    }
}
