package org.mainstay.quorum.internal.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/** Addresses as numbers: names are not looked up, because name service is the first thing that hangs when a network fails. */
public final class Addresses {
    private Addresses() {}

    /** Returns the address of a literal, empty if the text is not one. */
    public static Optional<InetAddress> literal(String text) {
        boolean four = text.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
        boolean six = text.contains(":") && text.matches("[0-9A-Fa-f:.]+(%[A-Za-z0-9._-]+)?");
        if (!four && !six) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.getByName(text));
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    /** Returns the address without the zone of a link-local one. */
    public static String text(InetAddress address) {
        return address.getHostAddress();
    }
}
