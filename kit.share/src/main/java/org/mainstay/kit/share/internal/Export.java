package org.mainstay.kit.share.internal;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A directory exported to some clients.
 *
 * @param path directory
 * @param client host name, address, network or {@code *}
 * @param options such as {@code rw,sync}
 */
record Export(Path path, String client, List<String> options) {
    private static final Pattern FORM =
            Pattern.compile("(/\\S*)\\s+([A-Za-z0-9*?@.:/_\\[\\]-]+)(?:\\(([A-Za-z0-9_=,:.@/-]*)\\))?");

    Export {
        options = List.copyOf(options);
    }

    /** Reads exports separated by semicolons. @throws IllegalArgumentException whose message says what is allowed */
    static List<Export> parse(String text) {
        List<Export> exports = new ArrayList<>();
        for (String part : text.split(";")) {
            if (part.isBlank()) {
                continue;
            }
            Matcher form = FORM.matcher(part.strip());
            if (!form.matches() || form.group(2).startsWith("-")) {
                throw new IllegalArgumentException(
                        "exports: '" + part.strip()
                                + "' is none: write a directory, one client and options, such as /srv/files/docs 10.1.0.0/16(rw,sync)");
            }
            String options = form.group(3) == null ? "" : form.group(3);
            exports.add(new Export(
                    Path.of(form.group(1)).normalize(),
                    form.group(2),
                    Arrays.stream(options.split(","))
                            .filter(option -> !option.isEmpty())
                            .toList()));
        }
        if (exports.isEmpty()) {
            throw new IllegalArgumentException(
                    "exports is empty: write at least one, such as /srv/files/docs 10.1.0.0/16(rw,sync)");
        }
        return exports;
    }

    /** Returns the options with an identity of the file system that is the same on every server, so that clients go on. */
    String optionsWithIdentity() {
        List<String> all = new ArrayList<>(options);
        if (options.stream().noneMatch(option -> option.startsWith("fsid="))) {
            all.add("fsid=" + UUID.nameUUIDFromBytes(path.toString().getBytes(StandardCharsets.UTF_8)));
        }
        return String.join(",", all);
    }

    /** Returns how exportfs names it. */
    String target() {
        return client + ":" + path;
    }

    /** Returns whether a line of the table of exports is this one as it is written here. */
    boolean isSame(Path otherPath, String otherClient) {
        return path.equals(otherPath)
                && (client.equalsIgnoreCase(otherClient) || client.equals("*") && otherClient.equals("<world>"));
    }

    /** Returns whether the client is one host, which the table may hold under another of its names. */
    boolean isHost() {
        return client.matches("[A-Za-z0-9:._-]+");
    }

    @Override
    public String toString() {
        return path + " to " + client;
    }
}
