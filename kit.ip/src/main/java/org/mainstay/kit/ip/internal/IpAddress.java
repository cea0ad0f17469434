package org.mainstay.kit.ip.internal;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/**
 * An IP address of either family and the arithmetic of its networks.
 *
 * @param inet the address, without a zone
 */
record IpAddress(InetAddress inet) {
    private static final Pattern IPV4 = Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})");
    private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");

    /**
     * Reads a literal; names are never looked up.
     *
     * @throws IllegalArgumentException whose message says what is allowed
     */
    static IpAddress parse(String text) {
        boolean four = IPV4.matcher(text).matches();
        if (!four && !IPV6.matcher(text).matches()) {
            throw malformed(text);
        }
        if (four) {
            for (String part : text.split("\\.")) {
                if (Integer.parseInt(part) > 255 || part.length() > 1 && part.startsWith("0")) {
                    throw malformed(text);
                }
            }
        }
        try {
            InetAddress address = InetAddress.getByName(text);
            if (!four && address.getAddress().length == 4) {
                throw new IllegalArgumentException(
                        "'" + text + "' is an IPv4 address in IPv6 notation: write it as " + address.getHostAddress());
            }
            return new IpAddress(address);
        } catch (UnknownHostException e) {
            throw malformed(text);
        }
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException(
                "'" + text + "' is not an IP address: write it as 10.77.1.100 or 2001:db8::100,"
                        + " with or without a prefix length such as /24");
    }

    boolean isIpv4() {
        return inet.getAddress().length == 4;
    }

    /** Returns the length in bits: 32 or 128. */
    int bits() {
        return inet.getAddress().length * 8;
    }

    /** Returns whether both are in the network that has the other's first bits. */
    boolean isInNetworkOf(InetAddress other, int prefix) {
        byte[] a = inet.getAddress();
        byte[] b = other.getAddress();
        if (a.length != b.length) {
            return false;
        }
        for (int bit = 0; bit < prefix; bit++) {
            if (bit(a, bit) != bit(b, bit)) {
                return false;
            }
        }
        return true;
    }

    /** Returns whether the bits behind the prefix are all 0: the name of the network (IPv6: the routers' anycast address). */
    boolean namesNetwork(int prefix) {
        return prefix < bits() - 1 && hostBitsAre(prefix, 0);
    }

    /** Returns whether it is the broadcast address of its IPv4 network. */
    boolean isBroadcast(int prefix) {
        return isIpv4() && prefix < 31 && hostBitsAre(prefix, 1);
    }

    private boolean hostBitsAre(int prefix, int value) {
        byte[] bytes = inet.getAddress();
        for (int bit = prefix; bit < bits(); bit++) {
            if (bit(bytes, bit) != value) {
                return false;
            }
        }
        return true;
    }

    private static int bit(byte[] bytes, int index) {
        return bytes[index / 8] >> (7 - index % 8) & 1;
    }

    /** Returns the network as {@code 10.77.1.0/24}. */
    String network(int prefix) {
        byte[] bytes = inet.getAddress();
        for (int bit = prefix; bit < bits(); bit++) {
            bytes[bit / 8] &= (byte) ~(1 << (7 - bit % 8));
        }
        try {
            return new IpAddress(InetAddress.getByAddress(bytes)).text() + "/" + prefix;
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns why no clients can be served at the address, empty if they can. */
    String unsuitable() {
        int first = inet.getAddress()[0] & 0xff;
        if (inet.isAnyLocalAddress() || isIpv4() && first == 0) {
            return "means no address at all";
        }
        if (inet.isLoopbackAddress()) {
            return "is a loopback address, which only this server itself reaches";
        }
        if (inet.isMulticastAddress()) {
            return "is a multicast address";
        }
        if (isIpv4() && first >= 240) {
            return "is reserved or the broadcast address of every network";
        }
        if (!isIpv4() && inet.isLinkLocalAddress()) {
            return "is a link-local address, which clients reach only with the name of their own interface";
        }
        return "";
    }

    /** Returns the one written form: IPv6 as RFC 5952 wants it. */
    String text() {
        return isIpv4() ? inet.getHostAddress() : compressed();
    }

    private String compressed() {
        byte[] bytes = inet.getAddress();
        int[] groups = new int[8];
        for (int i = 0; i < 8; i++) {
            groups[i] = (bytes[2 * i] & 0xff) << 8 | bytes[2 * i + 1] & 0xff;
        }
        int longest = 1;
        int from = -1;
        for (int i = 0; i < 8; i++) {
            int end = i;
            while (end < 8 && groups[end] == 0) {
                end++;
            }
            if (end - i > longest) {
                longest = end - i;
                from = i;
            }
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            if (i == from) {
                text.append("::");
                i += longest - 1;
                continue;
            }
            if (text.length() > 0 && text.charAt(text.length() - 1) != ':') {
                text.append(':');
            }
            text.append(Integer.toHexString(groups[i]));
        }
        return text.toString();
    }

    @Override
    public String toString() {
        return text();
    }
}
