package org.mainstay.kit.ip.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * How interfaces are built on one another (bond, bridge, VLAN) and which of them has a gateway, as the kernel tells in files.
 * What it does not tell is not known: nothing is refused for it.
 */
final class Links {
    private final Path devices;
    private final Path routes;
    private final Path routes6;

    /** @param root of the file system, for {@code /sys/class/net} and {@code /proc/net} */
    Links(Path root) {
        this.devices = root.resolve("sys/class/net");
        this.routes = root.resolve("proc/net/route");
        this.routes6 = root.resolve("proc/net/ipv6_route");
    }

    /** Returns the bond or bridge the interface is a part of. */
    Optional<String> master(String name) {
        try {
            Path link = devices.resolve(name).resolve("master");
            return Files.exists(link)
                    ? Optional.of(link.toRealPath().getFileName().toString())
                    : Optional.empty();
        } catch (IOException e) {
            // the interface went away meanwhile: whoever uses it next says so
            return Optional.empty();
        }
    }

    /** Returns the interfaces at the bottom of this one: of a VLAN or a bond its cards, of a card itself. */
    Set<String> cards(String name) {
        Set<String> cards = new TreeSet<>();
        collect(name, cards, 8);
        return cards;
    }

    private void collect(String name, Set<String> cards, int depth) {
        boolean bottom = true;
        try (DirectoryStream<Path> lower = Files.newDirectoryStream(devices.resolve(name), "lower_*")) {
            for (Path one : lower) {
                bottom = false;
                if (depth > 0) {
                    collect(one.getFileName().toString().substring("lower_".length()), cards, depth - 1);
                }
            }
        } catch (IOException e) {
            // nothing is known of it: it counts as a card
            bottom = true;
        }
        if (bottom) {
            cards.add(name);
        }
    }

    /** Returns the interfaces with a default route of the family. */
    Set<String> withGateway(boolean ipv4) {
        Set<String> names = new TreeSet<>();
        Path file = ipv4 ? routes : routes6;
        if (!Files.isReadable(file)) {
            return names;
        }
        try {
            for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
                String[] words = line.strip().split("\\s+");
                if (ipv4 && words.length >= 8 && words[1].equals("00000000") && words[7].equals("00000000")) {
                    names.add(words[0]);
                }
                boolean everywhere = words.length >= 10 && words[0].matches("0{32}") && words[1].equals("00");
                if (!ipv4 && everywhere && !words[4].matches("0{32}")) {
                    names.add(words[9]);
                }
            }
        } catch (IOException e) {
            // without the table no advice can be given
            return Set.of();
        }
        return names;
    }
}
