package org.mainstay.shell.internal.command.mirror;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.lcd.MirrorWay;
import org.mainstay.shell.internal.registry.CommandException;

/** Addresses as {@code emcmd} is given them: numbers, never names, so that nothing has to be asked. */
final class EmAddress {
    private static final String OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
    private static final String FOUR = OCTET + "(\\." + OCTET + "){3}";

    /** The address of both ends of a pair that is one disk (EMC-014). */
    static final String NONE = "0.0.0.0";

    private EmAddress() {}

    /** Returns the port of {@code HOST:PORT}; empty if there is none. */
    static Optional<String> port(String address) {
        String rest = address.substring(address.indexOf(MirrorWay.host(address))
                + MirrorWay.host(address).length());
        return Optional.of(rest.replaceAll("^\\]?:?", "")).filter(port -> !port.isEmpty());
    }

    private static boolean six(String text) {
        return text.contains(":")
                && text.matches("[0-9A-Fa-f:]{2,39}")
                && !text.contains(":::")
                && text.indexOf("::") == text.lastIndexOf("::")
                && text.split(":", -1).length <= 8 + (text.startsWith("::") || text.endsWith("::") ? 1 : 0)
                && (text.contains("::") || text.split(":", -1).length == 8)
                && !text.matches(".*[0-9A-Fa-f]{5,}.*");
    }

    /** @throws CommandException 5 if it is not an address */
    static String check(String text) throws CommandException {
        if (!text.matches(FOUR) && !six(text)) {
            throw new CommandException(
                    ExitCode.INVALID_ARGUMENT, "'" + text + "' is not an IP address, such as 10.0.1.2 or fd00::2");
        }
        return text;
    }

    /** Says whether two texts are one address; IPv6 has several spellings. Never asks a name service. */
    static boolean same(String one, String other) {
        if (one.equals(other)) {
            return true;
        }
        if (!six(one) || !six(other)) {
            return false;
        }
        try {
            return InetAddress.getByName(one).equals(InetAddress.getByName(other));
        } catch (UnknownHostException e) {
            return false;
        }
    }

    /** Both ends of a pair speak one protocol (EMC-203). @throws CommandException 5 if not */
    static void sameFamily(String one, String other) throws CommandException {
        if (one.contains(":") != other.contains(":")) {
            throw new CommandException(
                    ExitCode.INVALID_ARGUMENT,
                    one + " and " + other + " are of different families: both ends are IPv4, or both are IPv6");
        }
    }
}
