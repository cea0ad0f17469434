package org.mainstay.kit.genlb.internal;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The properties of a load balancer probe resource (LB-010 to LB-013).
 *
 * @param port port of the probes
 * @param reply what is answered; may be empty
 * @param path path of HTTP probes; empty: TCP probes
 */
record Settings(int port, String reply, String path) {
    static final String INFO = "info";
    static final String PROTOCOL = "protocol";
    static final String PATH = "httpPath";
    static final String TCP = "tcp";
    static final String HTTP = "http";

    static final int LOWEST = 1024;
    static final int HIGHEST = 65535;

    private static final Pattern FORM = Pattern.compile("(\\S+)(?: (\\S+))?");

    /** @throws IllegalArgumentException whose message is message 33612 or names the property, its value and what is allowed */
    static Settings of(Map<String, String> properties) {
        String info = properties.getOrDefault(INFO, "");
        Matcher parts = FORM.matcher(info);
        if (!parts.matches()) {
            throw new IllegalArgumentException("info='" + info
                    + "': give the port, and if wanted one space and a reply without spaces, such as '12345 Hello'");
        }
        return new Settings(port(parts.group(1)), reply(parts.group(2)), path(properties));
    }

    private static int port(String text) {
        if (text.matches("\\d{1,5}") && Integer.parseInt(text) >= LOWEST && Integer.parseInt(text) <= HIGHEST) {
            return Integer.parseInt(text);
        }
        throw new IllegalArgumentException(
                "33612 info: the port '" + text + "' is not usable: choose a number from " + LOWEST + " to " + HIGHEST);
    }

    /** A pair of quotes around the reply is not part of it (LB-012). */
    private static String reply(String text) {
        if (text == null) {
            return "";
        }
        boolean quoted = text.length() >= 2 && text.startsWith("\"") && text.endsWith("\"");
        return quoted ? text.substring(1, text.length() - 1) : text;
    }

    private static String path(Map<String, String> properties) {
        String protocol = properties.getOrDefault(PROTOCOL, "");
        if (protocol.isEmpty() || protocol.equals(TCP)) {
            return "";
        }
        if (!protocol.equals(HTTP)) {
            throw new IllegalArgumentException("protocol '" + protocol + "' is unknown: tcp or http");
        }
        String path = properties.getOrDefault(PATH, "");
        if (path.isEmpty()) {
            return "/";
        }
        if (!path.startsWith("/") || path.matches(".*[\\s?#].*")) {
            throw new IllegalArgumentException(
                    "httpPath '" + path + "': write it as /health, without spaces, '?' and '#'");
        }
        return path;
    }
}
