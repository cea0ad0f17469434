package org.mainstay.core.internal.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.HostNetwork;
import org.mainstay.kit.Outcome;

/**
 * Addresses through {@code mainstay-net}: one process start each, in the network namespace of the service. The first
 * announcement is sent by the process that adds the address.
 */
final class LinuxNetwork implements HostNetwork {
    /** Exit code of the helper when somebody else uses the address; its output names the hardware address. */
    private static final int FOUND = 3;
    /** Exit code of the helper when no answer came. */
    private static final int NO_ANSWER = 4;

    private final ActionCommands runner;

    LinuxNetwork(ActionCommands runner) {
        this.runner = runner;
    }

    @Override
    public List<Interface> interfaces() {
        CommandResult result = runner.net(List.of("list"));
        if (!result.succeeded()) {
            throw new UncheckedIOException(new IOException("cannot list the network interfaces: " + result.summary()));
        }
        return parse(result.output());
    }

    /** Reads the helper's list: a line {@code link NAME up|down carrier|no-carrier}, then {@code addr ADDRESS/PREFIX} each. */
    static List<Interface> parse(String text) {
        List<Interface> all = new ArrayList<>();
        String[] link = null;
        List<InterfaceAddress> addresses = new ArrayList<>();
        for (String line : text.split("\n")) {
            String[] fields = line.split(" ");
            if (fields[0].equals("link")) {
                add(all, link, addresses);
                link = fields;
                addresses = new ArrayList<>();
            } else if (fields[0].equals("addr")) {
                String[] parts = fields[1].split("/");
                addresses.add(new InterfaceAddress(literal(parts[0]), Integer.parseInt(parts[1])));
            }
        }
        add(all, link, addresses);
        return all;
    }

    private static void add(List<Interface> all, String[] link, List<InterfaceAddress> addresses) {
        if (link != null) {
            all.add(new Interface(link[1], addresses, link[2].equals("up"), link[3].equals("carrier")));
        }
    }

    private static InetAddress literal(String text) {
        try {
            // the helper prints literals only, so nothing is looked up
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("not an address: '" + text + "'", e);
        }
    }

    private static String text(InetAddress address) {
        String text = address.getHostAddress();
        int zone = text.indexOf('%');
        return zone < 0 ? text : text.substring(0, zone);
    }

    @Override
    public Outcome addAddress(String networkInterface, InetAddress address, int prefixLength) {
        String target = text(address) + "/" + prefixLength;
        CommandResult result = runner.net(List.of("add", networkInterface, target));
        return result.succeeded()
                ? Outcome.success(target + " is on " + networkInterface)
                : Outcome.failed("cannot put " + target + " on " + networkInterface + ": " + result.summary());
    }

    @Override
    public Outcome removeAddress(String networkInterface, InetAddress address, int prefixLength) {
        String target = text(address) + "/" + prefixLength;
        CommandResult result = runner.net(List.of("remove", networkInterface, target));
        return result.succeeded()
                ? Outcome.success(target + " is not on " + networkInterface)
                : Outcome.failed("cannot take " + target + " off " + networkInterface + ": " + result.summary());
    }

    @Override
    public Outcome announce(String networkInterface, InetAddress address, int times) {
        CommandResult result = runner.net(List.of("announce", networkInterface, text(address), String.valueOf(times)));
        return result.succeeded()
                ? Outcome.success(text(address) + " is announced on " + networkInterface)
                : Outcome.failed(
                        "cannot announce " + text(address) + " on " + networkInterface + ": " + result.summary());
    }

    @Override
    public String findDuplicate(String networkInterface, InetAddress address, Duration wait) {
        CommandResult result = runner.net(
                List.of("probe", networkInterface, text(address), String.valueOf(Math.max(1, wait.toMillis()))));
        if (result.succeeded()) {
            return "";
        }
        if (result.exitCode() == FOUND) {
            return result.errors().strip();
        }
        throw new UncheckedIOException(new IOException(
                "cannot ask " + networkInterface + " whether " + text(address) + " is in use: " + result.summary()));
    }

    @Override
    public boolean ping(InetAddress from, InetAddress to, Duration wait) {
        CommandResult result =
                runner.net(List.of("ping", text(from), text(to), String.valueOf(Math.max(1, wait.toMillis()))));
        if (!result.succeeded() && result.exitCode() != NO_ANSWER) {
            throw new UncheckedIOException(
                    new IOException("cannot ping " + text(to) + " from " + text(from) + ": " + result.summary()));
        }
        return result.succeeded();
    }
}
