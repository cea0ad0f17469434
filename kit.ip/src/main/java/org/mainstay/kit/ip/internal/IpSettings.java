package org.mainstay.kit.ip.internal;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The properties of an IP resource, read and checked.
 *
 * @param prefix prefix length; -1 while it is still to be taken from the interface
 * @param wantedInterface the interface the administrator named; empty: by subnet
 * @param foundInterface the interface found by subnet at create or extend; empty before
 * @param backupInterface interface for local recovery (ADM-193); empty: none
 * @param enabled restore mode (ADM-264)
 * @param announceTimes how often the neighbours are told, once a second
 */
record IpSettings(
        IpAddress address,
        int prefix,
        String wantedInterface,
        String foundInterface,
        String backupInterface,
        boolean enabled,
        int announceTimes) {
    static final String ADDRESS = "address";
    static final String NETMASK = "netmask";
    static final String INTERFACE = "interface";
    /** Not a question to the administrator: what was found by subnet, so that a restore need not search. */
    static final String FOUND = "interface.found";

    static final String BACKUP = "backupInterface";
    static final String MODE = "restoreMode";
    static final String ENABLED = "Enabled";
    static final String DISABLED = "Disabled";
    static final String ANNOUNCE = "announceTimes";

    static final int ANNOUNCE_DEFAULT = 5;
    static final int ANNOUNCE_MOST = 60;

    /** @throws IllegalArgumentException whose message names the property, its value and what is allowed */
    static IpSettings of(Map<String, String> properties) {
        String given = properties.getOrDefault(ADDRESS, "").strip();
        if (given.isEmpty()) {
            throw new IllegalArgumentException("address is missing: give --set address=10.77.1.100/24");
        }
        int slash = given.indexOf('/');
        IpAddress address = IpAddress.parse(slash < 0 ? given : given.substring(0, slash));
        int own = slash < 0 ? -1 : prefix(given.substring(slash + 1), address, ADDRESS);
        String mask = properties.getOrDefault(NETMASK, "").strip();
        int separate = mask.isEmpty() ? -1 : prefix(mask, address, NETMASK);
        if (own >= 0 && separate >= 0 && own != separate) {
            throw new IllegalArgumentException(
                    "address=" + given + " and netmask=" + mask + " disagree: give one prefix length");
        }
        String mode = properties.getOrDefault(MODE, "").strip();
        if (!mode.isEmpty() && !mode.equals(ENABLED) && !mode.equals(DISABLED)) {
            throw new IllegalArgumentException("restoreMode '" + mode + "' is unknown: Enabled or Disabled");
        }
        return new IpSettings(
                address,
                Math.max(own, separate),
                properties.getOrDefault(INTERFACE, "").strip(),
                properties.getOrDefault(FOUND, "").strip(),
                properties.getOrDefault(BACKUP, "").strip(),
                !mode.equals(DISABLED),
                times(properties.getOrDefault(ANNOUNCE, "").strip()));
    }

    private static int times(String text) {
        if (text.isEmpty()) {
            return ANNOUNCE_DEFAULT;
        }
        if (!text.matches("\\d{1,2}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > ANNOUNCE_MOST) {
            throw new IllegalArgumentException(
                    "announceTimes '" + text + "' is not a number from 1 to " + ANNOUNCE_MOST);
        }
        return Integer.parseInt(text);
    }

    /** Reads {@code 24} or {@code 255.255.255.0}. */
    private static int prefix(String text, IpAddress address, String property) {
        if (text.matches("\\d{1,3}") && Integer.parseInt(text) >= 1 && Integer.parseInt(text) <= address.bits()) {
            return Integer.parseInt(text);
        }
        if (address.isIpv4() && text.contains(".")) {
            byte[] mask = IpAddress.parse(text).inet().getAddress();
            int bits = (mask[0] & 0xff) << 24 | (mask[1] & 0xff) << 16 | (mask[2] & 0xff) << 8 | mask[3] & 0xff;
            int ones = Integer.numberOfLeadingZeros(~bits);
            if (ones > 0 && Integer.bitCount(bits) == ones) {
                return ones;
            }
        }
        throw new IllegalArgumentException(
                property + ": '" + text + "' is no prefix length for " + address + ": a number from 1 to "
                        + address.bits() + (address.isIpv4() ? " or a mask such as 255.255.255.0" : ""));
    }

    /** Returns the interface the address belongs on; empty before create or extend found one. */
    String mainInterface() {
        return wantedInterface.isEmpty() ? foundInterface : wantedInterface;
    }

    /** Returns the interfaces the address may be on, the main one first. */
    List<String> interfaces() {
        Set<String> names = new LinkedHashSet<>(List.of(mainInterface(), backupInterface));
        names.remove("");
        return List.copyOf(names);
    }

    String withPrefix() {
        return address + "/" + prefix;
    }
}
