package org.mainstay.kit.dns.internal;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A name server as an administrator writes it.
 *
 * @param host full name or address
 * @param port TCP port
 */
record NameServer(String host, int port) {
    static final int PORT = 53;

    private static final Pattern WITH_PORT =
            Pattern.compile("\\[([^\\]]+)\\](?::(\\d{1,5}))?|([^:\\[\\]]+)(?::(\\d{1,5}))?");

    /** @throws IllegalArgumentException whose message says what is allowed */
    static NameServer parse(String text) {
        if (Settings.literal(text).isPresent()) {
            return new NameServer(text, PORT);
        }
        Matcher parts = WITH_PORT.matcher(text);
        if (parts.matches()) {
            String host = parts.group(1) != null ? parts.group(1) : parts.group(3);
            String port = parts.group(2) != null ? parts.group(2) : parts.group(4);
            int number = port == null ? PORT : Integer.parseInt(port);
            boolean known =
                    Settings.literal(host).isPresent() || host.matches("[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9.])?");
            if (known && number >= 1 && number <= 65535) {
                return new NameServer(host.replaceAll("\\.$", ""), number);
            }
        }
        throw new IllegalArgumentException("servers: '" + text
                + "' is no name server: write ns1.example.com, 192.0.2.53, or with a port ns1.example.com:5353");
    }

    boolean isLiteral() {
        return Settings.literal(host).isPresent();
    }

    @Override
    public String toString() {
        return port == PORT ? host : host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }
}
