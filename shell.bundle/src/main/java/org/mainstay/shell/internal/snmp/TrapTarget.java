package org.mainstay.shell.internal.snmp;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where traps are sent.
 *
 * @param host name or address, IPv6 without brackets
 * @param port UDP port
 */
record TrapTarget(String host, int port) {
    static final int PORT = 162;
    private static final int MOST_PORT = 65_535;
    private static final int MOST_OCTET = 255;
    private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(?:%[\\w.-]+)?");
    private static final Pattern WITH_BRACKETS = Pattern.compile("\\[([^\\[\\]]+)](?::([0-9]{1,5}))?");
    private static final Pattern PLAIN = Pattern.compile("([^:]+)(?::([0-9]{1,5}))?");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?");

    /** Reads {@code HOST}, {@code HOST:PORT}, {@code [IPV6]:PORT} or an IPv6 address; empty if it is none of them. Asks no name server. */
    static Optional<TrapTarget> parse(String text) {
        if (isIpv6(text)) {
            return Optional.of(new TrapTarget(text, PORT));
        }
        Matcher brackets = WITH_BRACKETS.matcher(text);
        if (brackets.matches()) {
            return isIpv6(brackets.group(1)) ? at(brackets.group(1), brackets.group(2)) : Optional.empty();
        }
        Matcher plain = PLAIN.matcher(text);
        return plain.matches() && isHost(plain.group(1)) ? at(plain.group(1), plain.group(2)) : Optional.empty();
    }

    private static Optional<TrapTarget> at(String host, String port) {
        int number = port == null ? PORT : Integer.parseInt(port);
        return number >= 1 && number <= MOST_PORT ? Optional.of(new TrapTarget(host, number)) : Optional.empty();
    }

    private static boolean isIpv6(String text) {
        if (!IPV6.matcher(text).matches() || text.indexOf(':') == text.lastIndexOf(':')) {
            return false;
        }
        try {
            // without the interface, which need not be there yet; a text with colons is never looked up
            InetAddress.getByName(text.replaceFirst("%.*", ""));
            return true;
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static boolean isHost(String text) {
        if (!NAME.matcher(text).matches()) {
            return false;
        }
        String[] octets = text.split("\\.", -1);
        boolean number = octets[octets.length - 1].matches("[0-9]+");
        return !number
                || octets.length == 4
                        && Arrays.stream(octets)
                                .allMatch(
                                        octet -> octet.matches("[0-9]{1,3}") && Integer.parseInt(octet) <= MOST_OCTET);
    }

    /** Returns it as it is written in the settings. */
    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
