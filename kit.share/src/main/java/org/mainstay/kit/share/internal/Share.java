package org.mainstay.kit.share.internal;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One Samba share as its registry holds it.
 *
 * @param name as clients write it
 * @param parameters all but {@code available}, which says where it is in service and is the kit's
 * @param available whether clients can reach it
 * @param permissions share permissions as {@code sharesec} writes them, separated by commas; empty: not known
 */
record Share(String name, Map<String, String> parameters, boolean available, String permissions) {
    private static final String AVAILABLE = "available";
    private static final String PERMISSIONS = ";permissions = ";

    Share {
        parameters = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    }

    Optional<Path> path() {
        String path = parameters.getOrDefault("path", "");
        return path.startsWith("/") ? Optional.of(Path.of(path).normalize()) : Optional.empty();
    }

    boolean isNamed(String other) {
        return name.equalsIgnoreCase(other);
    }

    Share withPermissions(String value) {
        return new Share(name, parameters, available, value);
    }

    /** Returns whether both mean the same to clients, wherever they are in service. */
    boolean sameAs(Share other) {
        return isNamed(other.name) && parameters.equals(other.parameters) && permissions.equals(other.permissions);
    }

    /** Reads the form of smb.conf; the section global is left out. */
    static List<Share> parse(String text) {
        List<Share> shares = new ArrayList<>();
        String name = "";
        String permissions = "";
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String line : (text + "\n[global]").split("\\R")) {
            String stripped = line.strip();
            if (stripped.startsWith("[") && stripped.endsWith("]")) {
                if (!name.isEmpty() && !name.equalsIgnoreCase("global")) {
                    boolean available =
                            !parameters.getOrDefault(AVAILABLE, "yes").matches("(?i)no|false|0");
                    parameters.remove(AVAILABLE);
                    shares.add(new Share(name, parameters, available, permissions));
                }
                name = stripped.substring(1, stripped.length() - 1).strip();
                permissions = "";
                parameters.clear();
            } else if (stripped.startsWith(PERMISSIONS.strip())) {
                permissions = stripped.substring(PERMISSIONS.strip().length()).strip();
            } else if (!stripped.startsWith(";") && !stripped.startsWith("#") && stripped.indexOf('=') > 0) {
                int equals = stripped.indexOf('=');
                parameters.put(
                        stripped.substring(0, equals).strip(),
                        stripped.substring(equals + 1).strip());
            }
        }
        return shares;
    }

    /** Writes the form of smb.conf for an import that lets nobody in yet. */
    String formatClosed() {
        return format(List.of(this)) + '\t' + AVAILABLE + " = no\n";
    }

    /** Writes the form of smb.conf, as {@link #parse} and Samba read it; always available. */
    static String format(List<Share> shares) {
        StringBuilder text = new StringBuilder();
        for (Share share : shares) {
            text.append('[').append(share.name).append("]\n");
            share.parameters.forEach((key, value) ->
                    text.append('\t').append(key).append(" = ").append(value).append('\n'));
            if (!share.permissions.isEmpty()) {
                text.append('\t').append(PERMISSIONS).append(share.permissions).append('\n');
            }
        }
        return text.toString();
    }

    static Optional<Share> find(List<Share> shares, String name) {
        return shares.stream().filter(share -> share.isNamed(name)).findFirst();
    }
}
