package org.mainstay.kit.ip.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mainstay.kit.ActionContext;

/**
 * The optional list of addresses that show whether the network behind the protected address works (OPS-062 to OPS-064): file
 * {@code subsys/comm/resources/ip/pinglist.TAG} below the installation, in whatever case the folders are written; one address
 * a line, empty lines and lines that begin with {@code #} are skipped.
 */
final class PingList {
    private static final List<String> FOLDERS = List.of("subsys", "comm", "resources", "ip");

    private final Path home;

    PingList(Path home) {
        this.home = home;
    }

    /**
     * Pings the addresses one after the other until one answers.
     *
     * @return why the test failed; empty if one answered, or there is no list or no usable line in it
     */
    Optional<String> failure(IpAddress from, Duration wait, ActionContext context) {
        List<IpAddress> addresses = read(context, from);
        for (IpAddress address : addresses) {
            if (context.cancelled()) {
                return Optional.of("the test of the ping list was cancelled");
            }
            if (context.host().network().ping(from.inet(), address.inet(), wait)) {
                return Optional.empty();
            }
        }
        return addresses.isEmpty()
                ? Optional.empty()
                : Optional.of("no address of the ping list answers " + from + ": " + addresses
                        + "; check the network, or the list in subsys/comm/resources/ip");
    }

    /**
     * Returns why the list cannot be read; empty if it can, or if there is none. In every other place such a list is left out, so that
     * a slip of whoever edits it ends no service.
     */
    Optional<String> unreadable(ActionContext context) {
        Optional<Path> file = find("pinglist." + context.resource().tag());
        try {
            if (file.isPresent()) {
                Files.readAllLines(file.get(), StandardCharsets.UTF_8);
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("the ping list " + file.get() + " cannot be read, so nobody of it was asked: " + e
                    + "; correct or delete it");
        }
    }

    private List<IpAddress> read(ActionContext context, IpAddress from) {
        Optional<Path> file = find("pinglist." + context.resource().tag());
        List<IpAddress> addresses = new ArrayList<>();
        if (file.isEmpty()) {
            return addresses;
        }
        try {
            for (String line : Files.readAllLines(file.get(), StandardCharsets.UTF_8)) {
                String text = line.strip();
                if (!text.isEmpty() && !text.startsWith("#")) {
                    take(text, from, addresses, context);
                }
            }
        } catch (IOException e) {
            context.progress("warning: the ping list " + file.get() + " cannot be read and is left out: " + e);
        }
        if (addresses.isEmpty()) {
            context.progress("warning: the ping list " + file.get() + " holds no usable address and is left out");
        }
        return addresses;
    }

    private static void take(String text, IpAddress from, List<IpAddress> addresses, ActionContext context) {
        try {
            IpAddress address = IpAddress.parse(text);
            if (address.bits() == from.bits()) {
                addresses.add(address);
            } else {
                context.progress("warning: " + text + " in the ping list is of the other family than " + from);
            }
        } catch (IllegalArgumentException e) {
            context.progress("warning: in the ping list: " + e.getMessage());
        }
    }

    private Optional<Path> find(String name) {
        if (name.indexOf('/') >= 0) {
            // a tag may hold a slash, a file name cannot
            return Optional.empty();
        }
        Optional<Path> place = Optional.of(home);
        for (String folder : FOLDERS) {
            place = place.flatMap(parent -> child(parent, folder));
        }
        return place.map(parent -> parent.resolve(name)).filter(Files::isRegularFile);
    }

    private static Optional<Path> child(Path parent, String name) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(
                parent.toString().isEmpty() ? Path.of(".") : parent,
                entry -> entry.getFileName().toString().equalsIgnoreCase(name))) {
            for (Path entry : entries) {
                return Optional.of(entry);
            }
            return Optional.empty();
        } catch (IOException e) {
            // no such folder, so no list: the test is optional
            return Optional.empty();
        }
    }
}
