package org.mainstay.kit.dns.internal;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.TextParseException;

/**
 * The properties of a DNS resource on one server (ADM-120 to ADM-128).
 *
 * @param owner full name whose records follow the resource
 * @param addresses for a primary name: what it means while in service on this server
 * @param alias for an alias name: the host it stands for while in service on this server; null for a primary name
 * @param servers name servers in the order they are asked
 * @param reverse whether PTR records are kept
 * @param ttl of the records, seconds
 * @param keyFile the key updates are signed with; empty: unsigned
 * @param deleteOnRemove whether a remove takes the records away
 */
record Settings(
        Name owner,
        List<InetAddress> addresses,
        Name alias,
        List<NameServer> servers,
        boolean reverse,
        long ttl,
        Optional<String> keyFile,
        boolean deleteOnRemove) {
    static final String NAME = "name";
    static final String DOMAIN = "domain";
    static final String KIND = "kind";
    static final String PRIMARY = "primary";
    static final String ALIAS = "alias";
    static final String ADDRESS = "address";
    static final String TARGET = "target";
    static final String SERVERS = "servers";
    static final String REVERSE = "ptr";
    static final String TTL = "ttl";
    static final String KEY_FILE = "keyFile";
    static final String ON_REMOVE = "onRemove";
    static final String KEEP = "keep";
    static final String DELETE = "delete";
    static final String TRANSLATED = "translated";

    static final int TTL_DEFAULT = 60;

    Settings {
        addresses = List.copyOf(addresses);
        servers = List.copyOf(servers);
    }

    /** @throws IllegalArgumentException whose message names the property, its value and what is allowed */
    static Settings of(Map<String, String> properties) {
        List<NameServer> servers = servers(text(properties, SERVERS));
        String kind = text(properties, KIND);
        if (!List.of("", PRIMARY, ALIAS).contains(kind)) {
            throw new IllegalArgumentException("kind '" + kind + "' is unknown: primary or alias");
        }
        boolean alias = kind.equals(ALIAS);
        String ttl = text(properties, TTL);
        if (!ttl.isEmpty() && !ttl.matches("\\d{1,6}")) {
            throw new IllegalArgumentException("ttl '" + ttl + "' is not a number of seconds from 0 to 999999");
        }
        String keyFile = text(properties, KEY_FILE);
        return new Settings(
                owner(text(properties, NAME), domain(text(properties, DOMAIN), servers)),
                alias ? List.of() : addresses(text(properties, ADDRESS)),
                alias ? target(text(properties, TARGET)) : null,
                servers,
                !alias && !text(properties, REVERSE).equals("no"),
                ttl.isEmpty() ? TTL_DEFAULT : Long.parseLong(ttl),
                keyFile.isEmpty() ? Optional.empty() : Optional.of(keyFile),
                text(properties, ON_REMOVE).equals(DELETE));
    }

    private static String text(Map<String, String> properties, String key) {
        return properties.getOrDefault(key, "").strip();
    }

    private static List<NameServer> servers(String text) {
        List<NameServer> servers = new ArrayList<>();
        for (String word : text.split("[\\s,]+")) {
            if (!word.isEmpty()) {
                servers.add(NameServer.parse(word));
            }
        }
        if (servers.isEmpty()) {
            throw new IllegalArgumentException(
                    "servers is missing: name one or more name servers, separated by blanks, such as ns1.example.com");
        }
        return servers;
    }

    private static Name domain(String given, List<NameServer> servers) {
        if (!given.isEmpty()) {
            return name(given, DOMAIN);
        }
        for (NameServer server : servers) {
            int dot = server.host().indexOf('.');
            if (!server.isLiteral() && dot > 0 && dot < server.host().length() - 1) {
                return name(server.host().substring(dot + 1), SERVERS);
            }
        }
        throw new IllegalArgumentException(
                "domain is missing: it cannot be taken from servers, which holds no full name such as ns1.example.com");
    }

    private static Name owner(String text, Name domain) {
        if (!text.matches("[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")) {
            throw new IllegalArgumentException("name '" + text + "' is not a short computer name: letters, digits and"
                    + " dashes without the domain, such as web");
        }
        try {
            return new Name(text, domain);
        } catch (TextParseException e) {
            throw new IllegalArgumentException(
                    "name '" + text + "' and domain " + domain + " make no DNS name: " + e.getMessage());
        }
    }

    private static Name target(String text) {
        if (!text.contains(".")) {
            throw new IllegalArgumentException(
                    "target '" + text + "': give the full name of this server, such as a.example.com");
        }
        return name(text, TARGET);
    }

    private static Name name(String text, String property) {
        try {
            return Name.fromString(text, Name.root);
        } catch (TextParseException e) {
            throw new IllegalArgumentException(property + " '" + text + "' is no DNS name: " + e.getMessage());
        }
    }

    private static List<InetAddress> addresses(String text) {
        List<InetAddress> addresses = new ArrayList<>();
        for (String word : text.split("[\\s,]+")) {
            if (!word.isEmpty()) {
                addresses.add(literal(word)
                        .orElseThrow(() -> new IllegalArgumentException("address '" + word
                                + "' is not an IP address: write it as 192.0.2.10 or 2001:db8::10")));
            }
        }
        if (addresses.isEmpty()) {
            throw new IllegalArgumentException(
                    "address is missing: the address the name shall have while it is in service on this server");
        }
        return addresses;
    }

    /** Returns the address written as such; names are never looked up. */
    static Optional<InetAddress> literal(String text) {
        if (!text.matches("\\d{1,3}(\\.\\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.getByName(text));
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    /** Returns the records the name has while in service on this server. */
    List<Record> records() {
        if (alias != null) {
            return List.of(new CNAMERecord(owner, DClass.IN, ttl, alias));
        }
        List<Record> records = new ArrayList<>();
        for (InetAddress address : addresses) {
            records.add(
                    address.getAddress().length == 4
                            ? new ARecord(owner, DClass.IN, ttl, address)
                            : new AAAARecord(owner, DClass.IN, ttl, address));
        }
        return records;
    }

    /** Returns what the name means here, for messages. */
    String value() {
        return alias != null
                ? alias.toString(true)
                : String.join(
                        ", ",
                        addresses.stream().map(InetAddress::getHostAddress).toList());
    }

    String ownerText() {
        return owner.toString(true);
    }
}
